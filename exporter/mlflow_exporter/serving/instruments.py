"""The instruments of the versions that a worker serves, one for each, however often it is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlflow_exporter.config.secrets import read_secret
from mlflow_exporter.config.serving import PredictionLogSettings, ServingSettings
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.instrument import FeatureBins, Monitor, PredictionLog


class Instruments:
    """Makes monitors that share one log; close it to flush that."""

    def __init__(self, settings: ServingSettings, first: ModelKey | None = None) -> None:
        """The bins, which are those of one baseline, are for the version `first` alone."""
        self._log = _opened(settings.log)
        self._bins = FeatureBins.load(settings.bins) if settings.bins else None
        self._first = first
        self._monitors: dict[ModelKey, Monitor] = {}

    def monitor(self, key: ModelKey, classes: Sequence[Any] = ()) -> Monitor:
        """The monitor of a version that predicts these classes."""
        if key not in self._monitors:
            bins = self._bins if key == self._first else None
            self._monitors[key] = Monitor(key.name, key.version, log=self._log, bins=bins, classes=classes)
        return self._monitors[key]

    def close(self) -> None:
        """Write what waits, and end the log."""
        if self._log is not None:
            self._log.close()


def _opened(settings: PredictionLogSettings | None) -> PredictionLog | None:
    """Raises ConfigurationError where the key of hashed columns cannot be read, or is missing."""
    if settings is None:
        return None
    try:
        return PredictionLog(
            settings.path,
            leave_out=settings.leave_out,
            hashed=settings.hashed,
            key=read_secret(Path(settings.key_file)) if settings.key_file else None,
            sample=settings.sample,
            max_age=settings.max_age,
            keep=settings.keep,
            format=settings.format,
        )
    except ValueError as error:
        raise ConfigurationError(str(error), where="serving.log", mend="see docs/configuration.md") from error
