from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ModelNotFound, RegistryUnavailable
from mlflow_exporter.serving.copies import Copies, Copy
from mlflow_exporter.serving.model_uri import ModelUri
from mlflow_exporter.serving.origin import Origin


def origin(text: str, uri: str = "http://127.0.0.1:9") -> Origin:
    """Where the model of a URI comes from; nothing listens at the default address."""
    return Origin(ModelUri.parse(text), uri, timeout=30)


def test_an_alias_means_the_version_of_the_moment(registered: Any, doubler: Copy, tmp_path: Path) -> None:
    """A number, an alias and `latest` are resolved, and the version's files are fetched whole."""
    name = registered.name()
    registered.version(name, doubler, "champion")
    registered.version(name, doubler)
    alias = origin(f"models:/{name}@champion", registered.uri)
    assert alias.resolve() == ModelKey(name, "1")
    assert origin(f"models:/{name}/1", registered.uri).resolve() == ModelKey(name, "1")
    assert origin(f"models:/{name}/latest", registered.uri).resolve() == ModelKey(name, "2")
    registered.alias(name, "champion", "2")
    assert alias.resolve() == ModelKey(name, "2")
    fetched = alias.fetch(ModelKey(name, "1"), Copies(tmp_path))
    there = {path.relative_to(doubler.folder) for path in doubler.folder.rglob("*") if path.is_file()}
    assert there <= {path.relative_to(fetched.folder) for path in fetched.folder.rglob("*")}


def test_what_is_not_there_is_told_with_what_is(registered: Any, doubler: Copy) -> None:
    """The error of a wrong alias lists the model's, that of a wrong name suggests the nearest."""
    name = registered.name()
    registered.version(name, doubler, "champion")
    with pytest.raises(ModelNotFound, match=r"has no alias @champ; did you mean 'champion'\?"):
        origin(f"models:/{name}@champ", registered.uri).resolve()
    with pytest.raises(ModelNotFound, match="has no version 7"):
        origin(f"models:/{name}/7", registered.uri).resolve()
    with pytest.raises(ModelNotFound, match="is not in the registry; did you mean"):
        origin(f"models:/{name}x@champion", registered.uri).resolve()


def test_a_registry_that_is_away_is_told(tmp_path: Path) -> None:
    """No answer is no absence."""
    with pytest.raises(RegistryUnavailable, match="MLflow did not answer"):
        origin("models:/churn@champion").resolve()


def test_a_folder_is_served_where_it_is(churn: Copy, tmp_path: Path) -> None:
    """A path needs no registry and no copy; its version is unknown."""
    found = origin(str(churn.folder))
    key = found.resolve()
    assert key == ModelKey(churn.folder.name, "local")
    assert found.fetch(key, Copies(tmp_path)) == Copy(key, churn.folder)


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    """The error says what is looked for."""
    found = origin(str(tmp_path))
    with pytest.raises(ModelNotFound, match="there is no model; name the folder that has a model's MLmodel file"):
        found.fetch(found.resolve(), Copies(tmp_path / "copies"))


def test_a_model_of_a_run_has_the_run_for_a_version(registered: Any) -> None:
    """A model that is not registered is known by its run."""
    assert origin("runs:/abc/model", registered.uri).resolve() == ModelKey("model", "abc")


def test_a_model_of_mlflow_3_is_fetched_from_its_mlflow(
    registered: Any, doubler: Copy, tmp_path: Path, no_tracking_uri: Path
) -> None:
    """It is kept beside its run, and looked for at the server that was named: no database is made for it."""
    client = MlflowClient(registered.uri)
    run_id = client.create_run("0").info.run_id
    model = client.create_logged_model("0", name="model", source_run_id=run_id)
    client.log_model_artifacts(model.model_id, str(doubler.folder))
    for text in (f"runs:/{run_id}/model", f"models:/{model.model_id}"):
        found = origin(text, registered.uri)
        assert (found.fetch(found.resolve(), Copies(tmp_path / run_id)).folder / "MLmodel").is_file()
    assert list(no_tracking_uri.iterdir()) == []
