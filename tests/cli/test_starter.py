from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlflow_exporter.cli.starter import starter
from mlflow_exporter.config.loading import parse
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ModelNotFound, RegistryUnavailable
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.snapshot import RegisteredModel, RegisteredVersion, RegistrySnapshot


@pytest.fixture
def holding(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Call it with models and how many versions they have for the address of a registry that holds them."""

    def version(name: str, number: int) -> RegisteredVersion:
        return RegisteredVersion(ModelKey(name, str(number)), "None", "READY", "", 0.0, "")

    def hold(**models: int) -> str:
        held = {
            name: RegisteredModel(name, tuple(version(name, number + 1) for number in range(versions)))
            for name, versions in models.items()
        }
        monkeypatch.setattr(Registry, "snapshot", lambda _self: RegistrySnapshot(held, 0.0))
        monkeypatch.setattr(Registry, "signature", lambda _self, _version: None)
        return "http://mlflow:5000"

    return hold


def test_the_configuration_can_be_loaded(registered: Any) -> None:
    """What is written is a configuration, whatever the models are called."""
    names = [registered.model(name=name) for name in ("churn", 'prix "é" # ${HOME} {x} - [1]', "a\u2028b")]
    settings = parse(starter(registered.uri, names))
    assert [model.name for model in settings.models] == names
    assert settings.mlflow.tracking_uri.get_secret_value() == registered.uri


def test_the_champion_is_followed_where_there_is_one(registered: Any) -> None:
    """A model with the alias @champion is followed by it, any other by its newest version."""
    names = [registered.model(alias="champion"), registered.model(alias="challenger")]
    settings = parse(starter(registered.uri, names))
    assert [model.version for model in settings.models] == ["@champion", "latest"]


def test_comments_tell_what_the_signature_tells(registered: Any) -> None:
    """The suggested task and the features are comments, since the baseline decides."""
    text = starter(registered.uri, [registered.model()])
    assert "    # task: classification  # as its signature suggests" in text
    assert "    # Its features, by its signature: age (double), region (string)" in text
    assert "task" not in yaml.safe_load(text)["models"][0]


def test_a_features_name_cannot_end_its_comment(registered: Any) -> None:
    """A line break in a name does not become one of the file."""
    name = registered.model(columns=("age\nmodels: []",))
    assert [model.name for model in parse(starter(registered.uri, [name])).models] == [name]


def test_placeholders_are_marked(registered: Any) -> None:
    """Every path that has to be filled in says so."""
    name = registered.model()
    text = starter(registered.uri, [name])
    [model] = yaml.safe_load(text)["models"]
    assert model["predictions"]["path"] == f"/CHANGE/{name.replace(' ', '-')}/*.parquet"
    assert text.count("CHANGE") == 5


def test_every_model_with_a_version_is_written(holding: Callable[..., str]) -> None:
    """Without a choice all models are in the file that have something to monitor."""
    uri = holding(churn=1, empty=0, fraud=3)
    models = parse(starter(uri)).models
    assert [(model.name, model.version) for model in models] == [("churn", "latest"), ("fraud", "latest")]
    assert "version 3 at the time" in starter(uri)


def test_a_model_is_written_once(registered: Any) -> None:
    """Naming a model twice is no second one."""
    name = registered.model()
    assert len(parse(starter(registered.uri, [name, name])).models) == 1


def test_an_unknown_model_is_an_error(registered: Any) -> None:
    """The error names the nearest model there is."""
    name = registered.model()
    with pytest.raises(ModelNotFound, match="did you mean"):
        starter(registered.uri, [name[:-1] + "x"])


def test_a_registry_without_models_is_an_error(holding: Callable[..., str]) -> None:
    """There is nothing to write."""
    with pytest.raises(ModelNotFound, match="the registry: it has no model with a version; register one first"):
        starter(holding(empty=0))


def test_a_dead_server_is_an_error() -> None:
    """The error says that MLflow does not answer."""
    with pytest.raises(RegistryUnavailable):
        starter("http://127.0.0.1:9")


def test_a_password_is_not_written(registered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address with a password stays in the environment."""
    secret = registered.uri.replace("http://", "http://me:hunter2@")
    text = starter(secret, [registered.model()])
    assert "hunter2" not in text
    monkeypatch.setenv("MLFLOW_TRACKING_URI", secret)
    assert parse(text).mlflow.tracking_uri.get_secret_value() == secret


def test_a_relative_address_is_written_absolute(
    holding: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the file it would start at the file's folder."""
    holding(churn=1)
    monkeypatch.chdir(tmp_path)
    settings = parse(starter("sqlite:///mlflow.db"), "/elsewhere/config.yml")
    assert settings.mlflow.tracking_uri.get_secret_value() == f"sqlite:///{tmp_path}/mlflow.db"


def test_a_model_without_a_signature_is_written(holding: Callable[..., str]) -> None:
    """Nothing is known of its columns, and the file says so."""
    text = starter(holding(churn=1))
    assert "# task: classification  # or regression" in text
    assert "# It was logged without a signature" in text
    assert len(parse(text).models) == 1
