"""Which version of a model is meant: as the registry says, or said last where it is away."""

from __future__ import annotations

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import RegistryUnavailable
from mlflow_exporter.evaluation.catalogue import Catalogue
from mlflow_exporter.registry.snapshot import RegisteredVersion
from mlflow_exporter.state.store import Store

_TOLD = "registry"
"""Under this name the state has what the registry told, beside how far sources have been read."""


class Versions:
    """Resolves the configured version of one model, and keeps the answer in the state."""

    def __init__(self, name: str, wanted: str, store: Store, catalogue: Catalogue) -> None:
        self._name, self._wanted, self._store, self._catalogue = name, wanted, store, catalogue
        self._told: ModelKey | None = None

    def resolve(self) -> tuple[ModelKey, RegisteredVersion | None]:
        """The version meant, and what the registry says of it, None while it is away.

        Raises ModelNotFound, and RegistryUnavailable where it is away and has never told.
        """
        try:
            version = self._catalogue.resolve(self._name, self._wanted)
        except RegistryUnavailable:
            return self._known(), None
        if version.key != self._told:
            with self._store.transaction() as transaction:
                transaction.positions.put(self._name, _TOLD, self._wanted, {"version": version.key.version})
            self._told = version.key
        return version.key, version

    def _known(self) -> ModelKey:
        if self._told is not None:
            return self._told
        if self._wanted.isdecimal():
            return ModelKey(self._name, self._wanted)
        with self._store.reading() as transaction:
            kept = transaction.positions.of(self._name, _TOLD).get(self._wanted)
        if kept is None:
            what = f"it is away, and has not said yet which version {self._wanted!r} is"
            mend = "wait for it, or name a version by its number"
            raise RegistryUnavailable(what, where="the registry", mend=mend)
        return ModelKey(self._name, str(kept["version"]))
