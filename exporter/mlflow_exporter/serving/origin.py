"""Where a model comes from: what its URI means now, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ModelNotFound, RegistryError, RegistryUnavailable
from mlflow_exporter.registry.address import Address
from mlflow_exporter.registry.artifacts import artifact_folder
from mlflow_exporter.registry.connection import Connection
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.serving.copies import Copies, Copy
from mlflow_exporter.serving.model_uri import ModelUri

if TYPE_CHECKING:
    from mlflow import MlflowClient

DOWNLOAD_SECONDS = 600.0


class Origin:
    """A model's URI at one MLflow; every call ends within `timeout` seconds, a download within ten minutes."""

    def __init__(self, uri: ModelUri, tracking_uri: str, timeout: float = 5.0) -> None:
        self.uri = uri
        self._connection = Connection(Address(tracking_uri), timeout)
        self._registry = Registry(tracking_uri, timeout=timeout)

    def resolve(self) -> ModelKey:
        """The version that it means now.

        Raises ModelNotFound where there is none, RegistryUnavailable or RegistryError where MLflow did not tell.
        """
        if not self.uri.wanted:
            return ModelKey(self.uri.name, _artifact_version(self.uri))
        try:
            return ModelKey(self.uri.name, self._connection.ask(self._version))
        except RegistryUnavailable:
            raise
        except RegistryError:
            # Stores refuse in their own ways what they do not have.
            return self._snapshot()

    def fetch(self, key: ModelKey, copies: Copies) -> Copy:
        """The version's files, downloaded unless they were; raises RegistryError, ModelNotFound for a folder."""
        folder = self.uri.folder
        if folder is None:
            return copies.add(key, lambda inside: self._downloaded(key, inside))
        if not (folder / "MLmodel").is_file():
            raise ModelNotFound("there is no model", where=str(folder), mend=_meant(self.uri))
        return Copy(key, folder)

    def _version(self, client: MlflowClient) -> str:
        wanted, name = self.uri.wanted, self.uri.name
        if wanted.startswith("@"):
            return str(client.get_model_version_by_alias(name, wanted.removeprefix("@")).version)
        if wanted.isdecimal():
            return str(client.get_model_version(name, wanted).version)
        return self._snapshot().version

    def _snapshot(self) -> ModelKey:
        # Reads the whole registry, and says what there is where the version is not.
        return self._registry.snapshot().resolve(self.uri.name, self.uri.wanted).key

    def _downloaded(self, key: ModelKey, inside: Path) -> Path:
        return self._connection.transfer(lambda client: self._download(client, key, inside), DOWNLOAD_SECONDS)

    def _download(self, client: MlflowClient, key: ModelKey, inside: Path) -> Path:
        from mlflow.artifacts import download_artifacts  # noqa: PLC0415 -- loads when first used

        registered = bool(self.uri.wanted)
        uri = client.get_model_version_download_uri(key.name, key.version) if registered else self.uri.text
        stored = artifact_folder(client, uri)
        return Path(download_artifacts(stored, dst_path=str(inside / "model"), tracking_uri=client.tracking_uri))


def _meant(uri: ModelUri) -> str:
    mend = "name the folder that has a model's MLmodel file in it"
    # A word alone is more often the name of a model than of a folder.
    is_name = uri.text == uri.name and not Path(uri.text).exists()
    return f"{mend}, or write models:/{quote(uri.name)}@champion for a model of the registry" if is_name else mend


def _artifact_version(uri: ModelUri) -> str:
    # A model of a run is known by its run, any other by nothing.
    return uri.text.split("/")[1] if uri.text.startswith("runs:/") else "local"
