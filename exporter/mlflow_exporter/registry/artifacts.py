"""Single files out of MLflow's artifact stores."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlflow_exporter.registry.paging import every

if TYPE_CHECKING:
    from mlflow import MlflowClient

_MODELS_PAGE = 100


def artifact_folder(client: MlflowClient, uri: str) -> str:
    """The URI in the artifact store of what `runs:/<run>/<path>` or `models:/<id>` stands for, any other as it is.

    What takes these URIs in MLflow looks models up at the tracking URI of the process, whatever it is given; where the
    process has none, in a new `mlflow.db` in the working directory.
    """
    scheme, _, rest = uri.partition(":/")
    first, _, path = rest.strip("/").partition("/")
    if scheme == "runs":
        return _folder_of_run(client, first, path)
    # Versions and aliases have a slash or an @: MLflow's client tells where these are.
    if scheme == "models" and not path and "@" not in first:
        return str(client.get_logged_model(first).artifact_location)
    return uri


def _folder_of_run(client: MlflowClient, run_id: str, path: str) -> str:
    # As in MLflow, a model that was logged by the run goes before the run's own artifacts, and is searched for by its
    # name, which has no quotes: not every store can filter by run.
    run, (name, _, inside) = client.get_run(run_id).info, path.partition("/")
    found = partial(client.search_logged_models, [run.experiment_id], f"name = '{name}'")
    for model in every(found, _MODELS_PAGE) if "'" not in name else ():
        if model.source_run_id == run_id:
            return f"{model.artifact_location}/{inside}".rstrip("/")
    return f"{run.artifact_uri}/{path}".rstrip("/")


def read_artifact(client: MlflowClient, folder: str, name: str) -> bytes | None:
    """The bytes of the file in an artifact folder (any URI), None where the store says that it is not there.

    The folder is listed first, since stores fail in their own ways for a file that is absent, and MLflow hides why a
    download failed.
    """
    from mlflow.artifacts import download_artifacts, list_artifacts  # noqa: PLC0415 - loads when first used

    uri, folder = client.tracking_uri, artifact_folder(client, folder)
    if name not in {PurePosixPath(file.path).name for file in list_artifacts(folder, tracking_uri=uri)}:
        return None
    with tempfile.TemporaryDirectory() as local:
        return Path(download_artifacts(f"{folder}/{name}", dst_path=local, tracking_uri=uri)).read_bytes()
