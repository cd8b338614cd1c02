"""Single files out of MLflow's artifact stores."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient


def read_artifact(client: MlflowClient, folder: str, name: str) -> bytes | None:
    """The bytes of the file in an artifact folder (a URI), None where the store says that it is not there.

    The folder is listed first, since stores fail in their own ways for a file that is absent, and MLflow hides why a
    download failed.
    """
    from mlflow.artifacts import download_artifacts, list_artifacts  # noqa: PLC0415 - loads when first used

    uri = client.tracking_uri
    if name not in {PurePosixPath(file.path).name for file in list_artifacts(folder, tracking_uri=uri)}:
        return None
    with tempfile.TemporaryDirectory() as local:
        return Path(download_artifacts(f"{folder}/{name}", dst_path=local, tracking_uri=uri)).read_bytes()
