"""The configuration as typed, frozen values; the file has the same keys."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Any

from pydantic import Field

from mlflow_exporter.config.alerting import AlertingSettings
from mlflow_exporter.config.analysis import (
    ConfidenceSettings,
    DriftSettings,
    FeatureSettings,
    Limits,
    PerformanceSettings,
)
from mlflow_exporter.config.data import (
    BaselineSettings,
    LabelSettings,
    Mode,
    PredictionSettings,
    ReferenceColumns,
)
from mlflow_exporter.config.secrets import SecretText
from mlflow_exporter.config.section import Section, default
from mlflow_exporter.config.serving import ServingSettings
from mlflow_exporter.config.values import DatabaseUrl, DatabaseUrlFile, Duration, Names, Text, Url, Version, Windows
from mlflow_exporter.domain import SNAPSHOT, Task

TRACKING_URI_VARIABLE = "MLFLOW_TRACKING_URI"

_DATABASE = "sqlite:///state.db"
_WINDOWS = ("1h", "24h", "7d")


class Clock(StrEnum):
    """Where windows end."""

    WALL = "wall"
    EVENT = "event"


def _tracking_uri() -> SecretText:
    # An instance, so that a relative path in the environment stays relative to the working directory.
    return SecretText(os.environ.get(TRACKING_URI_VARIABLE, ""))


def _database(fields: dict[str, Any]) -> Any:
    return fields["url_file"] or _DATABASE


def _windows(fields: dict[str, Any]) -> Any:
    return (SNAPSHOT,) if fields["predictions"].mode is Mode.SNAPSHOT else _WINDOWS


class MlflowSettings(Section):
    """The MLflow tracking server and registry."""

    tracking_uri: Url = Field(
        default_factory=_tracking_uri,
        description=f"Its address. Default: `{TRACKING_URI_VARIABLE}` of the environment.",
    )
    refresh: Duration = default("60s", "How often the registry is read.")
    timeout: Duration = default("5s", "What a server that does not answer costs at most.")


class StateSettings(Section):
    """The store of what has been read; `url` is what to connect to, also where it came from a file."""

    url_file: DatabaseUrlFile = default(None, "File with the URL, to keep its password out of this one.")
    url: DatabaseUrl = Field(
        default_factory=_database,
        description="`sqlite:///` with a path relative to the configuration's folder, or `postgresql+psycopg://…`.",
        json_schema_extra={"default": _DATABASE},
    )


class EvaluationSettings(Section):
    """When models are evaluated."""

    interval: Duration = default("60s", "How often each model is polled and evaluated.")
    timeout: Duration = default("10m", "How long one evaluation of a model may take.")


class ModelSettings(Section):
    """One registered model to monitor."""

    name: Text = Field(description="Name of the registered model.")
    version: Version = default("latest", 'A version number, `"@alias"`, a stage, or `latest`: the newest version.')
    task: Task | None = default(None, "What it predicts. Default: from the signature and the baseline.")
    baseline: BaselineSettings | None = default(
        None, "What to compare with. Default: the profile that `mlflow-exporter baseline` logged."
    )
    predictions: PredictionSettings = Field(description="The log of its predictions.")
    labels: LabelSettings | None = default(None, "The log of labels, where they come later.")
    windows: Windows = Field(
        default_factory=_windows,
        description="Spans of time to evaluate. In `snapshot` mode there is one, `snapshot`, and no choice.",
        json_schema_extra={"default": list(_WINDOWS)},
    )
    clock: Clock = default(
        Clock.WALL,
        "Windows end now (`wall`) or at the newest prediction (`event`: for replays and batches). A few predictions, "
        "fewer than 30, that are dated more than a day after all others are counted, but do not move that clock.",
    )
    features: FeatureSettings = default({}, "Which columns are features, and of what kind.")
    segments: Names = default((), "Columns; performance is computed for each of their values.")
    drift: DriftSettings = default({}, "How drift is judged.")
    confidence: ConfidenceSettings = default({}, "When confidence is out of bounds.")
    performance: PerformanceSettings = default({}, "How performance is judged.")
    distributions: bool = default(False, "Expose the distribution of every column, at most 20 bins each.")
    limits: Limits = default({}, "What bounds the size of state and exposition.")

    @property
    def label_column(self) -> str | None:
        """The column with the label, in the predictions or in the labels."""
        return self.labels.columns.label if self.labels else self.predictions.columns.label

    @property
    def reference_columns(self) -> ReferenceColumns:
        """What the columns of the reference data are."""
        given = self.baseline.data.columns if self.baseline else None
        if given is None and self.predictions.source == "log":
            # Reference data is none of the log's, and has no identifiers, times or latencies of its own.
            own = self.predictions.columns
            return ReferenceColumns(prediction=own.prediction, probabilities=own.probabilities, label=self.label_column)
        return given or self.predictions.columns.model_copy(update={"label": self.label_column})


class Settings(Section):
    """A whole configuration file."""

    mlflow: MlflowSettings = default({}, "The MLflow tracking server and registry.")
    state: StateSettings = default({}, "The store of what has been read.")
    evaluation: EvaluationSettings = default({}, "When models are evaluated.")
    serving: ServingSettings = default({}, "The scoring server of `mlflow-exporter serve`.")
    alerting: AlertingSettings = default({}, "What Alertmanager sends, and what follows.")
    models: tuple[ModelSettings, ...] = default(
        (), "The registered models to monitor. Without any, metrics of registry, host and alerts are exported alone."
    )
