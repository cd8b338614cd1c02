from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import MlflowExporterError, ModelNotFound, ModelRefused, RegistryUnavailable
from mlflow_exporter.serving.copies import Copies, Copy
from mlflow_exporter.serving.following import Following
from mlflow_exporter.serving.loading import Loader
from mlflow_exporter.serving.model_uri import ModelUri
from mlflow_exporter.serving.origin import Origin

NOWHERE = Copy(ModelKey("churn", "broken"), Path("/nowhere"))


@dataclass
class Alias:
    """An origin whose alias moves when it is told to."""

    wanted: Copy | MlflowExporterError
    uri: ModelUri = field(default_factory=lambda: ModelUri.parse("models:/churn@champion"))
    asked: list[ModelKey] = field(default_factory=list)

    def resolve(self) -> ModelKey:
        """The version it means now."""
        if isinstance(self.wanted, MlflowExporterError):
            raise self.wanted
        return self.wanted.key

    def fetch(self, key: ModelKey, copies: Copies) -> Copy:
        """Its files."""
        self.asked.append(key)
        assert isinstance(self.wanted, Copy)
        return self.wanted if self.wanted is NOWHERE else copies.add(key, lambda inside: _copied(self.wanted, inside))


def _copied(copy: Any, inside: Path) -> Path:
    import shutil  # noqa: PLC0415

    return Path(shutil.copytree(copy.folder, inside / "model"))


@pytest.fixture
def following(loader: Loader, doubler: Copy, tmp_path: Path) -> Following:
    """The main role, with a model that it began with."""
    origin = cast("Origin", Alias(doubler))
    role = Following("main", origin, Copies(tmp_path / "main"), loader, fallback=Copies(tmp_path / "fallback"))
    role.begin([origin.fetch(doubler.key, role.copies)])
    return role


def serving(role: Following) -> str | None:
    """The version that has the role."""
    return role.current.key.version if role.current else None


def workers(key: ModelKey) -> float:
    """What the metric says of a version in the main role."""
    return (
        REGISTRY.get_sample_value("ml_serving_workers", {"model": key.name, "version": key.version, "role": "main"})
        or 0.0
    )


def test_a_new_champion_takes_over(following: Following, models: Any, doubler: Copy) -> None:
    """When the alias moves, the version it means now is served, remembered for other workers and kept as a fallback."""
    new = models.doubler()
    cast("Alias", following.origin).wanted = new
    following.poll()
    assert serving(following) == new.key.version
    assert (workers(doubler.key), workers(new.key)) == (0, 1)
    assert following.fallback is not None
    for copies in (following.copies, following.fallback):
        chosen = copies.chosen()
        assert chosen is not None
        assert chosen.key == new.key


def test_nothing_is_loaded_while_nothing_moves(following: Following) -> None:
    """A poll that finds the version that is served fetches nothing."""
    cast("Alias", following.origin).asked.clear()
    model = following.current
    following.poll()
    assert following.current is model
    assert cast("Alias", following.origin).asked == []


def test_a_bad_champion_is_refused_once(following: Following, doubler: Copy) -> None:
    """The old version stays, the refusal is told and counted, and is not tried again until the alias has moved."""
    alias = cast("Alias", following.origin)
    alias.wanted = NOWHERE
    labels = {"model": "churn", "version": "broken", "role": "main"}
    before = REGISTRY.get_sample_value("ml_serving_models_refused_total", labels) or 0
    alias.asked.clear()
    following.poll()
    following.poll()
    assert serving(following) == doubler.key.version
    assert "it does not load" in following.refused[NOWHERE.key]
    assert alias.asked == [NOWHERE.key]
    assert REGISTRY.get_sample_value("ml_serving_models_refused_total", labels) == before + 1
    alias.wanted = doubler
    following.poll()
    assert following.refused == {}


@pytest.mark.parametrize("error", (RegistryUnavailable("MLflow did not answer"), ModelNotFound("has no alias")))
def test_the_main_model_stays_without_a_registry(
    following: Following, doubler: Copy, error: MlflowExporterError
) -> None:
    """A registry that is away, or an alias that was deleted, takes no model away."""
    cast("Alias", following.origin).wanted = error
    following.poll()
    assert serving(following) == doubler.key.version
    up = REGISTRY.get_sample_value("ml_serving_mlflow_up", {"role": "main"})
    assert up == (0 if isinstance(error, RegistryUnavailable) else 1)


def test_an_optional_role_ends_with_its_alias(following: Following, doubler: Copy) -> None:
    """A challenger whose alias is gone answers no more, and comes back with it."""
    following.optional = True
    alias = cast("Alias", following.origin)
    alias.wanted = ModelNotFound("has no alias")
    following.poll()
    assert serving(following) is None
    alias.wanted = doubler
    following.poll()
    assert serving(following) == doubler.key.version


def test_the_first_candidate_that_works_is_served(loader: Loader, doubler: Copy, tmp_path: Path) -> None:
    """Where the version that is wanted is bad, an earlier one is served, and the refusal is told until then."""
    role = Following("main", cast("Origin", Alias(doubler)), Copies(tmp_path), loader)
    with pytest.raises(ModelRefused, match=r"no version can be served: churn/broken: .* it does not load"):
        role.begin([NOWHERE])
    role.begin([NOWHERE, role.origin.fetch(doubler.key, role.copies)])
    assert serving(role) == doubler.key.version


def test_the_fallback_is_no_copy_for_other_workers(loader: Loader, doubler: Copy, tmp_path: Path) -> None:
    """Begun with the fallback, a role chooses nothing where there is no copy: the next worker finds the fallback."""
    fallback = Copies(tmp_path / "fallback")
    fallback.take(doubler)
    kept = fallback.chosen()
    assert kept is not None
    origin = cast("Origin", Alias(RegistryUnavailable("MLflow did not answer")))
    for _ in range(2):
        role = Following("main", origin, Copies(tmp_path / "main"), loader, fallback=fallback)
        role.begin([kept])
        assert serving(role) == doubler.key.version
        assert role.copies.chosen() is None
    assert fallback.chosen() == kept
