"""Models saved once a session, workers' parts around them, servers and a registry."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from prometheus_client import REGISTRY
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.serving.processes import Servers, running_servers

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.instrument import Monitor
from mlflow_exporter.serving.copies import Copy
from mlflow_exporter.serving.loading import Loader
from mlflow_exporter.serving.served import ServedModel

ROW: Mapping[str, Any] = {"age": 44.0, "income": 1000.0, "visits": 3, "region": "north"}
SIGNATURE = ModelSignature(
    Schema(
        [
            ColSpec(DataType.double, "age"),
            ColSpec(DataType.double, "income"),
            ColSpec(DataType.long, "visits"),
            ColSpec(DataType.string, "region"),
        ]
    ),
    Schema([ColSpec(DataType.string)]),
)
_NUMBERS = itertools.count(1)


def rows(count: int, seed: int = 1) -> pd.DataFrame:
    """Rows of the churn model's features."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": random.normal(40, 10, count),
            "income": random.lognormal(10, 1, count),
            "visits": random.integers(0, 9, count),
            "region": random.choice(["north", "south"], count),
        }
    )


def churn_pipeline() -> Pipeline:
    """A fitted pipeline that predicts `yes` for the old."""
    features = rows(500)
    columns = make_column_transformer(
        (StandardScaler(), ["age", "income", "visits"]), (OneHotEncoder(handle_unknown="ignore"), ["region"])
    )
    return make_pipeline(columns, LogisticRegression()).fit(features, np.where(features.age > 40, "yes", "no"))


# Models as code, which any process can load.
DOUBLER = """\
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

class Doubler(PythonModel):
    def predict(self, context, model_input, params=None):
        first = model_input.iloc[:, 0]
        if (first < 0).any():
            raise RuntimeError(f"secret {first.iloc[0]}")
        return (first * (params or {}).get("factor", 2)).to_numpy()

set_model(Doubler())
"""
BROKEN = """\
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

class Broken(PythonModel):
    def predict(self, context, model_input, params=None):
        raise RuntimeError("broken for good")

set_model(Broken())
"""

DOUBLER_SIGNATURE = ModelSignature(
    Schema([ColSpec(DataType.double, "x")]),
    Schema([ColSpec(DataType.double)]),
    ParamSchema([ParamSpec("factor", DataType.long, 2)]),
)


@dataclass(frozen=True)
class Models:
    """Models saved in folders."""

    folder: Path

    def churn(self, **options: Any) -> Copy:
        """The churn classifier."""
        return self._saved("churn", mlflow.sklearn.save_model, churn_pipeline(), signature=SIGNATURE, **options)

    def doubler(self, code: str = DOUBLER, **options: Any) -> Copy:
        """A regressor that doubles, or multiplies by a parameter; it fails for negative numbers. Or other code."""
        script = self.folder / f"code-{next(_NUMBERS)}.py"
        script.write_text(code)
        options = {"signature": DOUBLER_SIGNATURE, **options}
        return self._saved("doubler", mlflow.pyfunc.save_model, python_model=str(script), **options)

    def estimator(self, estimator: Any, features: Any = None) -> Copy:
        """A scikit-learn estimator; without a signature, unless features are given."""
        options = {} if features is None else {"signature": infer_signature(features)}
        return self._saved(
            "estimator", mlflow.sklearn.save_model, estimator, serialization_format="cloudpickle", **options
        )

    def _saved(self, name: str, save: Callable[..., None], *model: Any, **options: Any) -> Copy:
        number = str(next(_NUMBERS))
        folder = self.folder / f"{name}-{number}"
        save(*model, path=str(folder), pip_requirements=[], **options)
        return Copy(ModelKey(name, number), folder)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Call its methods for a model in a folder, under a version of its own."""
    folder = tmp_path_factory.mktemp("models")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")  # asked for nothing, but made
    return Models(folder)


@pytest.fixture(scope="session")
def churn(models: Models) -> Copy:
    """A churn classifier in a folder."""
    return models.churn()


@pytest.fixture(scope="session")
def doubler(models: Models) -> Copy:
    """A regressor with a parameter in a folder."""
    return models.doubler()


@pytest.fixture(scope="session")
def loader() -> Loader:
    """Loads copies with monitors of the default registry, without a log."""
    return Loader(lambda key, classes: Monitor(key.name, key.version, classes=classes))


@pytest.fixture(scope="session")
def churn_model(churn: Copy, loader: Loader) -> ServedModel:
    """The churn classifier, loaded."""
    return loader.load(churn)


@pytest.fixture(scope="session")
def doubler_model(doubler: Copy, loader: Loader) -> ServedModel:
    """The regressor, loaded."""
    return loader.load(doubler)


def sample(name: str, **labels: str) -> float:
    """A sample of the default registry, 0 where there is none."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def servers(tmp_path: Path, free_port: Callable[[], int], wait_until: Callable[..., Any]) -> Iterator[Servers]:
    """Starts servers for one test."""
    with running_servers(tmp_path, free_port, wait_until) as started:
        yield started


@pytest.fixture(scope="module")
def shared_servers(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int], wait_until: Callable[..., Any]
) -> Iterator[Servers]:
    """Starts servers for all tests of a module."""
    with running_servers(tmp_path_factory.mktemp("servers"), free_port, wait_until) as started:
        yield started


# A registry.


@dataclass(frozen=True)
class Registered:
    """Models of a real MLflow."""

    uri: str

    def name(self) -> str:
        """A new registered model."""
        name = f"served {os.getpid()}-{next(_NUMBERS)}"
        MlflowClient(self.uri).create_registered_model(name)
        return name

    def version(self, name: str, copy: Copy, *aliases: str) -> str:
        """Register what is in a folder as the next version, and let aliases mean it; its number."""
        client = MlflowClient(self.uri)
        run_id = client.create_run("0").info.run_id
        client.log_artifacts(run_id, str(copy.folder), "model")
        version = client.create_model_version(name, f"runs:/{run_id}/model", run_id, await_creation_for=0).version
        for alias in aliases:
            client.set_registered_model_alias(name, alias, version)
        return str(version)

    def alias(self, name: str, alias: str, version: str) -> None:
        """Let an alias mean another version."""
        MlflowClient(self.uri).set_registered_model_alias(name, alias, version)


@pytest.fixture(scope="session")
def registered(mlflow_server: str) -> Registered:
    """The shared MLflow server, to register models in."""
    return Registered(mlflow_server)
