"""Models saved once a session, workers' parts around them, and servers as processes of their own."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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

import mlflow_exporter
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
START_SECONDS = 120
"""How long a busy machine may take to import and to load."""

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


# Servers as processes.


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.text)


@dataclass(frozen=True)
class Server:
    """A server in a process of its own, whose log is a file."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    def ask(self, path: str, body: Any = None, content_type: str = "application/json", **headers: str) -> Answer:
        """Ask; a body that is no text or bytes is sent as JSON."""
        sent = body if isinstance(body, str | bytes | None) else json.dumps(body)
        kind = {} if body is None or not content_type else {"Content-Type": content_type}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        try:
            connection.request("GET" if body is None else "POST", path, sent, {**kind, **named})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), dict(answer.getheaders()))
        finally:
            connection.close()

    @property
    def is_up(self) -> bool:
        """Whether it answers."""
        if self.process.poll() is not None:
            pytest.fail(f"it ended with {self.process.returncode}: {self.log.read_text()}")
        try:
            return self.ask("/ping").status == 200
        except OSError:
            return False

    def events(self, message: str) -> list[dict[str, Any]]:
        """The events of this message so far; a line that is being written is left out."""
        lines = self.log.read_text(encoding="utf-8").split("\n")[:-1]
        return [event for event in map(json.loads, lines) if event["msg"] == message]

    def metric(self, name: str, **labels: str) -> float:
        """The value of a sample on /metrics, 0 where there is none."""
        wanted = {f'{label}="{value}"' for label, value in labels.items()}
        for line in self.ask("/metrics").text.splitlines():
            series, _, value = line.rpartition(" ")
            family, _, told = series.partition("{")
            if family == name and wanted <= set(told.rstrip("}").split(",")):
                return float(value)
        return 0.0

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal that ends it; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(START_SECONDS)


class Servers:
    """Starts servers; those that still run at the end are killed with all their workers."""

    def __init__(self, folder: Path, free_port: Callable[[], int], wait_until: Callable[..., Any]) -> None:
        self._folder, self._free_port, self._wait_until = folder, free_port, wait_until
        self._started: list[subprocess.Popen[bytes]] = []

    def serve(self, *options: str, is_waiting: bool = True, **environment: str) -> Server:
        """`mlflow-exporter serve` on a free port."""
        port = self._free_port()
        command = ["-m", "mlflow_exporter", "serve", "--listen", f"127.0.0.1:{port}", "--log.format", "json", *options]
        return self._ready(self._start(command, port, environment), is_waiting)

    def mlflow(self, folder: Path) -> Server:
        """`mlflow models serve` of the model in a folder, on a free port."""
        port = self._free_port()
        command = [
            "-m",
            "uvicorn",
            "--port",
            str(port),
            "--log-level",
            "warning",
            "mlflow.pyfunc.scoring_server.app:app",
        ]
        return self._ready(self._start(command, port, {"__pyfunc_model_path__": str(folder)}), is_waiting=False)

    def wait(self, server: Server) -> Server:
        """The server, once it answers."""
        return self._ready(server, is_waiting=True)

    def end(self) -> None:
        """Kill what still runs."""
        for process in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _ready(self, server: Server, is_waiting: bool) -> Server:
        if is_waiting:
            self._wait_until(lambda: server.is_up, timeout=START_SECONDS)
        return server

    def _start(self, command: list[str], port: int, environment: Mapping[str, str]) -> Server:
        log = self._folder / f"{port}.log"
        package = str(Path(mlflow_exporter.__file__).parents[1])
        inherited = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
        with log.open("wb") as written:
            process = subprocess.Popen(
                [sys.executable, *command],
                stdout=written,
                stderr=written,
                cwd=self._folder,
                env={**inherited, "PYTHONPATH": package, **environment},
                start_new_session=True,
            )
        self._started.append(process)
        return Server(process, log, port)


@contextmanager
def _servers(folder: Path, free_port: Callable[[], int], wait_until: Callable[..., Any]) -> Iterator[Servers]:
    servers = Servers(folder, free_port, wait_until)
    try:
        yield servers
    finally:
        servers.end()


@pytest.fixture
def servers(tmp_path: Path, free_port: Callable[[], int], wait_until: Callable[..., Any]) -> Iterator[Servers]:
    """Starts servers for one test."""
    with _servers(tmp_path, free_port, wait_until) as started:
        yield started


@pytest.fixture(scope="module")
def shared_servers(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int], wait_until: Callable[..., Any]
) -> Iterator[Servers]:
    """Starts servers for all tests of a module."""
    with _servers(tmp_path_factory.mktemp("servers"), free_port, wait_until) as started:
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
