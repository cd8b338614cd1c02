from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from mlflow_exporter.alerting.actions.action import Leash
from mlflow_exporter.alerting.actions.mlflow_run import MlflowRun
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.errors import ActionError

PROJECT = """
name: retrain
entry_points:
  main:
    parameters: {model: string}
    command: "python train.py {model}"
"""
TRAIN = """
import os, sys, mlflow
mlflow.log_metric("retrained", 1)
print("trained", sys.argv[1], os.environ["ALERT_STATUS"])
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that trains nothing, and says so."""
    (tmp_path / "MLproject").write_text(PROJECT)
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


def test_the_project_runs_on_the_exporters_server(
    configured: Callable[..., Any], project: Path, event: Event, mlflow_server: str
) -> None:
    """With its parameters filled in from the alert, in its experiment, and what it prints is kept."""
    experiment = f"retraining {os.getpid()}"
    keys = {"parameters": {"model": "{model}"}, "experiment": experiment, "env_manager": "local"}
    made = MlflowRun(configured("mlflow_run", project=str(project), **keys), mlflow_server)
    said = made.run(event, Leash(150.0))
    assert "trained churn firing" in said
    client = MlflowClient(mlflow_server)
    found = client.get_experiment_by_name(experiment)
    assert found is not None
    (run,) = client.search_runs([found.experiment_id])
    assert (run.data.metrics, run.data.params, run.info.status) == ({"retrained": 1.0}, {"model": "churn"}, "FINISHED")


def test_the_plan_is_the_command(configured: Callable[..., Any], event: Event) -> None:
    """It shows what would be run, without the values of parameters, which may be secrets of the environment."""
    keys = {
        "project_version": "v1",
        "entry_point": "train",
        "parameters": {"m": "{model}-{version}"},
        "experiment": "e",
    }
    made = MlflowRun(configured("mlflow_run", project="https://host/repo#sub", **keys), "http://mlflow")
    assert made.plan(event) == (
        "mlflow run --version=v1 --entry-point=train --env-manager=virtualenv --experiment-name=e "
        "--param-list=m=<secret> -- https://host/repo#sub"
    )


def test_a_label_that_is_missing_is_an_error(configured: Callable[..., Any], event: Event, leash: Leash) -> None:
    """Nothing is trained with a hole in its parameters."""
    made = MlflowRun(configured("mlflow_run", project=".", parameters={"m": "{region}"}), "http://mlflow")
    with pytest.raises(ActionError, match="no label 'region'"):
        made.plan(event)
    with pytest.raises(ActionError, match="no label 'region'"):
        made.run(event, leash)
