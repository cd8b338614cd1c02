from __future__ import annotations

import time
from typing import Any

import pytest

from mlflow_exporter.errors import ModelNotFound
from mlflow_exporter.registry import registry as module

# MLflow's own queries use what SQLAlchemy 2.1 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")


def test_a_snapshot_has_models_versions_aliases_and_tags(workshop: Any) -> None:
    """Everything that the registry shows of a model, names in any script included."""
    name, run_id = workshop.model("Ertrag été 予測 %/"[:-1]), workshop.run()
    started = time.time()
    workshop.version(name)
    workshop.version(name, run_id)
    workshop.client.set_registered_model_alias(name, "champion", "1")
    workshop.client.set_registered_model_alias(name, "Meister-ü", "1")
    workshop.client.set_registered_model_tag(name, "team", "küche")
    workshop.client.set_model_version_tag(name, "2", "reviewed", "yes")
    model = workshop.registry.snapshot().models[name]
    first, second = model.versions

    assert (model.name, dict(model.tags)) == (name, {"team": "küche"})
    assert model.aliases == {"champion": "1", "Meister-ü": "1"}
    assert (first.run_id, first.aliases, first.source) == ("", ("Meister-ü", "champion"), "s3://bucket/model")
    assert (second.run_id, second.aliases, dict(second.tags)) == (run_id, (), {"reviewed": "yes"})
    assert {(v.stage, v.status) for v in model.versions} == {("None", "READY")}
    assert first.created_at == pytest.approx(started, abs=60)


def test_versions_are_in_order_of_number(workshop: Any) -> None:
    """Version 10 comes after version 9, not after version 1."""
    name = workshop.model()
    for _ in range(11):
        workshop.client.create_model_version(name, "s3://bucket/model", await_creation_for=0)

    assert [v.number for v in workshop.registry.snapshot().models[name].versions] == list(range(1, 12))


def test_the_whole_registry_takes_two_calls(workshop: Any, sent: list[str]) -> None:
    """However many models there are, one search for models and one for versions."""
    workshop.version(workshop.model())
    workshop.version(workshop.model())
    sent.clear()
    workshop.registry.snapshot()

    assert sent == ["/api/2.0/mlflow/registered-models/search", "/api/2.0/mlflow/model-versions/search"]


def test_more_than_a_page_is_read_whole(alone: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Registries larger than a page lose nothing, read from a server or from MLflow's database itself."""
    names = {alone.model() for _ in range(5)}
    for name in names:
        alone.version(name)
    whole = alone.registry.snapshot().models
    monkeypatch.setattr(module, "MODELS_PAGE", 2)
    monkeypatch.setattr(module, "VERSIONS_PAGE", 3)

    assert alone.registry.snapshot().models == whole
    assert names <= whole.keys()


def test_models_come_in_order_of_name_without_prompts(workshop: Any) -> None:
    """The models are sorted, and MLflow's prompts, which it keeps among them, are left out."""
    prompt = workshop.model("prompt").replace(" ", "-")
    workshop.client.register_prompt(prompt, "Say {{x}}")
    models = list(workshop.registry.snapshot().models)

    assert models == sorted(models)
    assert prompt not in models


@pytest.mark.parametrize("wanted", ("@champion", "production", "Production", "2", "latest"))
def test_a_version_is_found_by_each_of_its_names(workshop: Any, wanted: str) -> None:
    """Alias, stage in any case, number and `latest` find the version in a real registry."""
    name = workshop.model()
    workshop.version(name)
    workshop.version(name)
    workshop.client.set_registered_model_alias(name, "champion", "2")
    with pytest.warns(FutureWarning, match="stages"):
        workshop.client.transition_model_version_stage(name, "2", "Production")

    assert workshop.now(name, wanted).key.version == "2"


def test_what_is_deleted_is_gone(workshop: Any) -> None:
    """A deleted version takes its alias with it, and a deleted model is not found."""
    name = workshop.model()
    workshop.version(name)
    workshop.version(name)
    workshop.client.set_registered_model_alias(name, "champion", "2")
    workshop.client.delete_model_version(name, "2")
    with pytest.raises(ModelNotFound, match=r"has no alias @champion; its versions: 1; its aliases: none"):
        workshop.now(name, "@champion")
    with pytest.raises(ModelNotFound, match="has no version 2"):
        workshop.now(name, "2")
    workshop.client.delete_registered_model(name)
    with pytest.raises(ModelNotFound, match="is not in the registry"):
        workshop.now(name, "1")


def test_a_version_of_a_model_made_meanwhile_is_left_out(workshop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model registered between the two calls is not half there: the next snapshot has it."""
    name = workshop.model()
    workshop.version(name)
    client = type(workshop.client)
    search = client.search_registered_models

    def without(self: Any, **options: Any) -> Any:
        found = search(self, **options)
        found[:] = [model for model in found if model.name != name]
        return found

    monkeypatch.setattr(client, "search_registered_models", without)

    assert name not in workshop.registry.snapshot().models


def test_a_snapshot_knows_when_it_was_taken(mlflow_server: str) -> None:
    """The time is the injected clock's."""
    registry = module.Registry(mlflow_server, timeout=60, clock=lambda: 12.5)

    assert registry.snapshot().taken_at == 12.5
