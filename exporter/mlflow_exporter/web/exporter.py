"""What the web asks of the application."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from mlflow_exporter.alerting.alerting import Alerting
from mlflow_exporter.collectors.exposition import Exposition
from mlflow_exporter.domain import Problem
from mlflow_exporter.results import Results


class Exporter(Protocol):
    """A running exporter."""

    @property
    def results(self) -> Results:
        """The latest evaluations."""

    @property
    def exposition(self) -> Exposition:
        """What /metrics serves."""

    @property
    def alerting(self) -> Alerting:
        """What Alertmanager told."""

    def expected_models(self) -> Collection[str]:
        """Names of the configured models."""

    def config_text(self) -> str:
        """The configuration in force, its secrets hidden."""

    def notices(self) -> Collection[Problem]:
        """What is wrong with the exporter as a whole: MLflow is away, the last reload failed."""

    def reload(self) -> None:
        """Read the configuration anew; raises MlflowExporterError, and keeps the old one, where it is wrong."""
