from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.registry.artifacts import artifact_folder, read_artifact


@pytest.mark.parametrize("name", ("plain.txt", "größe 1%.txt"))
def test_a_file_is_read_from_a_server(workshop: Any, tmp_path: Path, name: str) -> None:
    """A file comes back with its bytes, one that is not there as None, through MLflow's own artifact store."""
    run = workshop.client.get_run(workshop.run())
    (tmp_path / name).write_bytes(b"content\r\n")
    workshop.client.log_artifact(run.info.run_id, str(tmp_path / name), "folder")

    assert read_artifact(workshop.client, f"{run.info.artifact_uri}/folder", name) == b"content\r\n"
    assert read_artifact(workshop.client, f"{run.info.artifact_uri}/folder", "other.txt") is None
    assert read_artifact(workshop.client, f"{run.info.artifact_uri}/no folder", name) is None


def test_a_file_is_read_from_a_path(workshop: Any, tmp_path: Path) -> None:
    """Artifacts that MLflow left in a folder are read, and stay where they are."""
    (tmp_path / "MLmodel").write_bytes(b"content")

    assert read_artifact(workshop.client, tmp_path.as_uri(), "MLmodel") == b"content"
    assert read_artifact(workshop.client, (tmp_path / "no folder").as_uri(), "MLmodel") is None
    assert (tmp_path / "MLmodel").exists()


def test_a_logged_model_is_read_at_the_clients_mlflow(workshop: Any, tmp_path: Path, no_tracking_uri: Path) -> None:
    """MLflow 3 keeps models beside their run: the newest one of the run's name is read, and no database is made."""
    run_id = workshop.run()
    file = tmp_path / "MLmodel"
    models = [workshop.client.create_logged_model("0", name=name, source_run_id=run_id) for name in ("m", "m", "other")]
    for model in models:
        file.write_text(model.model_id)
        workshop.client.log_model_artifact(model.model_id, str(file))
    _old, new, other = (model.model_id for model in models)

    assert read_artifact(workshop.client, f"runs:/{run_id}/m", "MLmodel") == new.encode()
    assert read_artifact(workshop.client, f"models:/{other}", "MLmodel") == other.encode()
    assert read_artifact(workshop.client, f"runs:/{run_id}/m", "other.txt") is None
    assert list(no_tracking_uri.iterdir()) == []


def test_a_folder_is_where_the_store_has_it(workshop: Any) -> None:
    """A path of a run is within the run's artifacts or its model's, and what is a place already stays as it is."""
    run_id = workshop.run()
    run = workshop.client.get_run(run_id).info.artifact_uri
    model = workshop.client.create_logged_model("0", name="m", source_run_id=run_id)

    assert artifact_folder(workshop.client, f"runs:/{run_id}") == run
    assert artifact_folder(workshop.client, f"runs:/{run_id}/a/b") == f"{run}/a/b"
    assert artifact_folder(workshop.client, f"runs:/{run_id}/m/data") == f"{model.artifact_location}/data"
    for uri in ("s3://bucket/model", "/a/model", "models:/churn/3", "models:/churn@champion"):
        assert artifact_folder(workshop.client, uri) == uri
