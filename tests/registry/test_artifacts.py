from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.registry.artifacts import read_artifact


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
