"""A model with reference data, predictions and labels in files, and the commands to try on it."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from mlflow import MlflowClient
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from pyarrow import csv, parquet

from mlflow_exporter.cli import main
from mlflow_exporter.domain import Measurement, ModelKey, Role, Task, Window
from mlflow_exporter.results import (
    Bound,
    ColumnQuality,
    DriftScore,
    Evaluation,
    ModelDescription,
    PredictionStatistics,
    Skipped,
    WindowEvaluation,
)

DEAD_MLFLOW = "http://127.0.0.1:9"
"""Port 9 (discard): refused at once, so that tests which need no registry do not wait for one."""

_NUMBERS = itertools.count(1)

CONFIGURATION = """\
mlflow: {{tracking_uri: {mlflow}, timeout: 30s}}
models:
  - name: {name}
    version: "3"
    baseline: {{data: {{source: files, path: reference.parquet}}}}
    predictions:
      source: files
      path: predictions.csv
      columns:
        {{id: id, timestamp: ts, prediction: prediction, label: churned, probabilities: {{"0": p0, "1": p1}}}}
    windows: [1h, 24h]
    drift: {{tests: {{numeric: [ks], categorical: [jensen_shannon]}}}}
"""


def rows(count: int, *, shift: float = 0.0, seed: int = 1) -> dict[str, Any]:
    """Rows of a model that is right more often than not; `shift` moves the feature `age` by that many sigma."""
    random = np.random.default_rng(seed)
    age = random.normal(40 + 10 * shift, 10, count)
    region = random.choice(["north", "south"], count)
    probability = 1 / (1 + np.exp(-(age - 40) / 5))
    churned = (random.random(count) < probability).astype(np.int64)
    p1 = probability.round(6)
    prediction = (probability > 0.5).astype(np.int64)
    return {
        "age": age,
        "region": region,
        "p0": (1 - p1).round(6),
        "p1": p1,
        "prediction": prediction,
        "churned": churned,
    }


@dataclass(frozen=True)
class Folder:
    """The working directory of a test, with files that the commands read."""

    path: Path

    def configure(self, text: str = CONFIGURATION, *, name: str = "churn", mlflow: str = DEAD_MLFLOW) -> Path:
        """Write config.yml."""
        file = self.path / "config.yml"
        file.write_text(text.format(name=name, mlflow=mlflow), encoding="utf-8")
        return file

    def reference(self, count: int = 2000) -> Path:
        """Write reference.parquet."""
        file = self.path / "reference.parquet"
        parquet.write_table(pa.table(rows(count)), file)
        return file

    def predictions(self, count: int = 400, *, shift: float = 0.0) -> Path:
        """Write predictions.csv: rows of the last ten minutes, labels included."""
        file = self.path / "predictions.csv"
        table = pa.table(rows(count, shift=shift, seed=2))
        times = pa.array(time.time() - np.linspace(600, 1, count))
        ids = pa.array([f"r{i}" for i in range(count)])
        csv.write_csv(table.add_column(0, "id", ids).add_column(1, "ts", times), file)
        return file


def evaluation(**changes: Any) -> Evaluation:
    """An evaluation of a classifier in which something of every kind was found."""
    key = ModelKey("churn", "3")
    bounds = (
        Bound("accuracy", 0.8, is_minimum=True, origin="min"),
        Bound("log_loss", 0.5, is_minimum=False, origin="max"),
        Bound("confidence_mean", 0.6, is_minimum=True, origin="min"),
    )
    description = ModelDescription(
        key,
        Task.CLASSIFICATION,
        "champion",
        "abc",
        2000,
        (ColumnQuality("age", 2000, 0.0, 0.0), ColumnQuality("region", 2000, 0.1, 0.0, 0.0)),
        (Measurement("accuracy", 0.9),),
        {},
        bounds,
    )
    day = WindowEvaluation(
        Window("24h", 86400.0),
        0.0,
        86400.0,
        1000,
        500,
        label_coverage_ratio=0.5,
        duplicate_rows_ratio=0.02,
        drift=(
            DriftScore("age", Role.FEATURE, "ks", 0.24, 0.08, 0.001, deciding=True),
            DriftScore("age", Role.FEATURE, "psi", 0.5, 0.2, None, deciding=False),
            DriftScore("income", Role.FEATURE, "ks", 0.09, 0.06, 0.01, deciding=True),
            DriftScore("region", Role.FEATURE, "jensen_shannon", 0.05, 0.1, None, deciding=True),
            DriftScore("prediction", Role.PREDICTION, "jensen_shannon", 0.3, 0.1, None, deciding=True),
        ),
        quality=(ColumnQuality("age", 1000, 0.03, 0.0), ColumnQuality("region", 1000, 0.2, 0.0, 0.01)),
        predictions=PredictionStatistics(confidence_mean=0.55),
        performance=(Measurement("accuracy", 0.75, 0.71, 0.79), Measurement("log_loss", 0.4)),
        confusion={("0", "1"): 7, ("1", "1"): 3},
        skipped=(Skipped("label_drift", "too_few_rows"),),
    )
    whole = Evaluation("churn", 100.0, success=True, description=description, windows=(day,), rejected={"malformed": 4})
    return replace(whole, **changes)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An empty working directory, without an MLflow in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Folder(tmp_path)


@pytest.fixture
def configured(folder: Folder) -> Folder:
    """A configured model with a baseline and predictions that have not drifted."""
    folder.configure()
    folder.reference()
    folder.predictions()
    return folder


@pytest.fixture
def invoke() -> Callable[..., Result]:
    """Call it with arguments to run the command line in this process."""

    def run(*arguments: str, **environment: str) -> Result:
        result = CliRunner(env=environment).invoke(main, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@dataclass(frozen=True)
class Registered:
    """Models in a real MLflow."""

    uri: str

    def model(
        self, *, alias: str | None = None, columns: tuple[str, ...] = ("age", "region"), name: str = "churn"
    ) -> str:
        """Register a new model with one version whose signature has these inputs; its name."""
        client = MlflowClient(self.uri)
        name = f"{name} {os.getpid()}-{next(_NUMBERS)}"
        client.create_registered_model(name)
        run_id = client.create_run("0").info.run_id
        kinds = {"region": DataType.string}
        inputs = Schema([ColSpec(kinds.get(column, DataType.double), column) for column in columns])
        signature = ModelSignature(inputs, Schema([ColSpec(DataType.long)]))
        client.log_text(
            run_id, Model(artifact_path="model", run_id=run_id, signature=signature).to_yaml(), "model/MLmodel"
        )
        version = client.create_model_version(name, f"runs:/{run_id}/model", run_id, await_creation_for=0)
        if alias is not None:
            client.set_registered_model_alias(name, alias, version.version)
        return name

    def tags(self, name: str) -> dict[str, str]:
        """The tags of version 1."""
        return dict(MlflowClient(self.uri).get_model_version(name, "1").tags)


@pytest.fixture
def registered(mlflow_server: str) -> Registered:
    """The shared MLflow server, to register models in."""
    return Registered(mlflow_server)


@pytest.fixture
def events() -> Callable[[str], list[dict[str, Any]]]:
    """Call it with JSON log lines for their events."""
    return lambda text: [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def evaluated() -> Callable[..., Evaluation]:
    """Call it with changes for an evaluation in which something of every kind was found."""
    return evaluation
