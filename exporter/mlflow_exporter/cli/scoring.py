"""What `serve` serves with: the configuration's section, and what options and variables say instead."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow_exporter.config.loading import load
from mlflow_exporter.config.serving import PredictionLogSettings, ServingSettings
from mlflow_exporter.config.settings import TRACKING_URI_VARIABLE, MlflowSettings
from mlflow_exporter.errors import ConfigurationError

_REGISTRY = "models:"


@dataclass(frozen=True, slots=True)
class Scoring:
    """A server's settings, and the MLflow that it asks; `timeout` in seconds."""

    settings: ServingSettings
    tracking_uri: str
    timeout: float


def prepared(config_file: Path | None, tracking_uri: str | None, given: Mapping[str, Any]) -> Scoring:
    """The settings out of a configuration, or of none, with what was given in place of what it says.

    Raises ConfigurationError where the file is wrong, or no MLflow is named for a model of a registry.
    """
    whole = load(config_file) if config_file else None
    settings = _changed(whole.serving if whole else ServingSettings(), given)
    mlflow = whole.mlflow if whole else MlflowSettings()
    uri = tracking_uri or mlflow.tracking_uri.get_secret_value() or os.environ.get(TRACKING_URI_VARIABLE, "")
    if not uri and any(
        text and text.startswith(_REGISTRY) for text in (settings.model_uri, settings.split, settings.shadow)
    ):
        mend = f"give --tracking-uri, or set {TRACKING_URI_VARIABLE}"
        raise ConfigurationError("no MLflow is named that has the model", where="--model-uri", mend=mend)
    return Scoring(settings, uri, mlflow.timeout)


def _changed(settings: ServingSettings, given: Mapping[str, Any]) -> ServingSettings:
    changes = dict(given)
    if folder := changes.pop("prediction_log", None):
        kept = settings.log.model_copy(update={"path": folder}) if settings.log else PredictionLogSettings(path=folder)
        changes["log"] = kept
    return settings.model_copy(update=changes)
