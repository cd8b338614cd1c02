"""One role of a server (main, split, shadow): the model that has it now, and the one that its alias means next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import MlflowExporterError, ModelNotFound, ModelRefused
from mlflow_exporter.serving import families
from mlflow_exporter.serving.copies import Copies, Copy
from mlflow_exporter.serving.loading import Loader
from mlflow_exporter.serving.origin import Origin
from mlflow_exporter.serving.served import ServedModel

_log = structlog.get_logger(__name__)


@dataclass
class Following:
    """Follows a model's URI; `current` may be read from any thread while another one polls.

    A new version is loaded beside the current one, tried, then swapped in. A version that is refused stays refused
    until the URI has meant another one. `fallback` keeps a copy of what was taken last. A role that is `optional` is
    empty while its alias does not exist.
    """

    role: str
    origin: Origin
    copies: Copies
    loader: Loader
    fallback: Copies | None = None
    optional: bool = False
    current: ServedModel | None = None
    refused: dict[ModelKey, str] = field(default_factory=dict)

    def begin(self, candidates: Sequence[Copy]) -> None:
        """Serve the first candidate that can be; raises ModelRefused where there is none, unless it is optional."""
        for copy in candidates:
            if self._took(copy):
                return
        if not self.optional:
            what = "; ".join(f"{key}: {why}" for key, why in self.refused.items())
            raise ModelRefused(f"no version can be served: {what}", where=self.origin.uri.text)

    def poll(self) -> None:
        """Do what the URI asks for now: nothing, take another version, or none."""
        try:
            wanted = self.origin.resolve()
            if self.current is not None and wanted == self.current.key:
                self.refused.clear()
            elif wanted not in self.refused:
                self._took(self.origin.fetch(wanted, self.copies))
            families.REGISTRY_UP.labels(self.role).set(1)
        except ModelNotFound as error:
            families.REGISTRY_UP.labels(self.role).set(1)
            self._without(error)
        except MlflowExporterError as error:
            families.REGISTRY_UP.labels(self.role).set(0)
            _log.warning("the registry did not tell which version to serve", role=self.role, error=str(error))

    def _took(self, copy: Copy) -> bool:
        try:
            self._swap(self.loader.load(copy, self.current))
        except ModelRefused as error:
            self._refuse(copy.key, error)
            return False
        self._keep(copy)
        return True

    def _swap(self, model: ServedModel) -> None:
        before, self.current = self.current, model
        if before is not None:
            families.WORKERS.labels(*_labels(before.key), self.role).set(0)
        families.WORKERS.labels(*_labels(model.key), self.role).set(1)
        self.refused.clear()
        was = before and before.key.version
        _log.info("serving", role=self.role, model=model.key.name, version=model.key.version, before=was)

    def _refuse(self, key: ModelKey, error: ModelRefused) -> None:
        self.refused[key] = str(error)
        families.REFUSED.labels(*_labels(key), self.role).inc()
        kept = self.current and self.current.key.version
        _log.error("a model version was refused", role=self.role, error=str(error), kept=kept)

    def _keep(self, copy: Copy) -> None:
        """What a worker that starts later begins with, and a server whose MLflow is away."""
        if self.origin.uri.folder is not None:
            return
        if copy in self.copies:  # and not the fallback's, with which every worker begins by itself
            self.copies.choose(copy)
        try:
            if self.fallback is not None:
                self.fallback.take(copy)
        except OSError as error:
            _log.error(
                "the fallback is not up to date", model=copy.key.name, version=copy.key.version, error=str(error)
            )

    def _without(self, error: ModelNotFound) -> None:
        """The alias or version is gone: an optional role ends, the main one goes on with what it has."""
        if not self.optional:
            _log.warning("the model's URI means no version any more", role=self.role, error=str(error))
        elif self.current is not None:
            _log.info("serving no more", role=self.role, model=self.current.key.name, version=self.current.key.version)
            families.WORKERS.labels(*_labels(self.current.key), self.role).set(0)
            self.current = None


def _labels(key: ModelKey) -> tuple[str, str]:
    return key.name, key.version
