"""Actions that run an MLflow project, in a process that can be ended."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlflow_exporter.alerting.actions.action import Leash
from mlflow_exporter.alerting.actions.process import output_of
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.config.alerting import MlflowRunAction
from mlflow_exporter.config.secrets import HIDDEN


@dataclass(frozen=True, slots=True)
class MlflowRun:
    """Runs `mlflow run` (mlflow.org/docs/latest/ml/projects) against the exporter's tracking server."""

    settings: MlflowRunAction
    tracking_uri: str

    def plan(self, event: Event) -> str:
        # Not the parameters' values: `${VARIABLE}` may have brought secrets.
        hidden = dict.fromkeys(self._parameters(event), HIDDEN)
        return f"mlflow run {' '.join(self._arguments(hidden))}"

    def run(self, event: Event, leash: Leash) -> str:
        # This interpreter's MLflow, whatever is on the PATH.
        command = [sys.executable, "-P", "-m", "mlflow", "run", *self._arguments(self._parameters(event))]
        # And its Python where the project has no environment of its own.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        variables = {"MLFLOW_TRACKING_URI": self.tracking_uri, "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path}
        return output_of(command, leash, variables=event.environment() | variables)

    def _parameters(self, event: Event) -> dict[str, str]:
        return {name: event.filled(value) for name, value in self.settings.parameters.items()}

    def _arguments(self, parameters: Mapping[str, str]) -> Iterator[str]:
        settings = self.settings
        options = {
            "--version": settings.project_version,
            "--entry-point": settings.entry_point,
            "--env-manager": settings.env_manager,
            "--experiment-name": settings.experiment,
        }
        for option, value in options.items():
            if value is not None:
                yield f"{option}={value}"
        for name, value in parameters.items():
            yield f"--param-list={name}={value}"
        yield from ("--", settings.project)
