"""A small classifier with its log, and everything needed to watch it: its baseline, a registry in memory, a state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from mlflow_exporter.config.settings import ModelSettings
from mlflow_exporter.domain import ModelKey, Task
from mlflow_exporter.engines import reference as reference_rows
from mlflow_exporter.engines.inference import Request
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import Parts
from mlflow_exporter.errors import RegistryUnavailable
from mlflow_exporter.evaluation.baselines import Found
from mlflow_exporter.evaluation.catalogue import Catalogue
from mlflow_exporter.evaluation.monitor import Monitor
from mlflow_exporter.evaluation.watched import Watched, watch
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.registry.runs import Run, RunCounts
from mlflow_exporter.registry.snapshot import (
    BASELINE_DIGEST_TAG,
    RegisteredModel,
    RegisteredVersion,
    RegistrySnapshot,
)
from mlflow_exporter.results import Evaluation
from mlflow_exporter.sources.files import Files
from mlflow_exporter.state.store import Store

NOW = 1_700_000_123.0
DAY = 86_400.0


def made(rows: int, seed: int, *, shift: float = 0.0, end: float = NOW, span: float = DAY) -> pd.DataFrame:
    """Rows of the log with their labels, evenly spread over the `span` seconds before `end`, oldest first."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40 + 10 * shift, 10, rows).round(1)
    region = rng.choice(["north", "south", "east"], rows, p=[0.5, 0.3, 0.2])
    kids = rng.integers(0, 5, rows)
    logit = (age - 40) / 10 + 0.5 * (region == "south") - 0.3 * kids + 0.5
    p1 = (1 / (1 + np.exp(-logit))).round(6)
    return pd.DataFrame(
        {
            "request_id": [f"{seed}-{i}" for i in range(rows)],
            "ts": (end - span + span * (np.arange(rows) + 0.5) / rows).round(3),
            "age": age,
            "income": rng.lognormal(10, 1, rows).round(2),
            "kids": kids,
            "region": region,
            "p0": (1 - p1).round(6),
            "p1": p1,
            "prediction": (p1 > 0.5).astype(int),
            "churned": (rng.random(rows) < p1).astype(int),
            "latency": rng.exponential(0.02, rows).round(6),
        }
    )


FEATURES = ["age", "income", "kids", "region"]
LOGGED = ["request_id", "ts", *FEATURES, "p0", "p1", "prediction", "latency"]
COLUMNS = {
    "id": "request_id",
    "timestamp": "ts",
    "prediction": "prediction",
    "probabilities": {"0": "p0", "1": "p1"},
    "latency": "latency",
}


@dataclass
class MemoryRegistry:
    """The versions of `churn` with their baselines' bytes by digest; `away` makes it silent."""

    baselines: dict[str, bytes] = field(default_factory=dict)
    versions: dict[str, str | None] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    away: bool = False
    asked_for_runs: int = 0

    def snapshot(self) -> RegistrySnapshot:
        self._answer()
        models = {"churn": RegisteredModel("churn", tuple(map(self._version, self.versions)), self.aliases)}
        return RegistrySnapshot(models if self.versions else {}, 0.0)

    def run(self, version: RegisteredVersion) -> Run | None:
        self._answer()
        self.asked_for_runs += 1
        return None

    def run_counts(self) -> RunCounts:
        self._answer()
        raise NotImplementedError

    def load_baseline(self, version: RegisteredVersion) -> bytes:
        self._answer()
        return self.baselines[version.baseline_digest or ""]

    def catalogue(self) -> Catalogue:
        """A catalogue that asks this one, refreshed once."""
        catalogue = Catalogue(cast("Any", self))
        catalogue.refresh()
        return catalogue

    def _answer(self) -> None:
        if self.away:
            raise RegistryUnavailable("MLflow does not answer", where="http://mlflow:5000", mend="start it")

    def _version(self, number: str) -> RegisteredVersion:
        digest = self.versions[number]
        tags = {BASELINE_DIGEST_TAG: digest} if digest else {}
        aliases = tuple(alias for alias, target in self.aliases.items() if target == number)
        return RegisteredVersion(ModelKey("churn", number), "None", "READY", "run" + number, 0.0, "", tags, aliases)


@dataclass
class Lab:
    """A folder with logs and a state, and a registry that has version 1 with a baseline."""

    folder: Path
    baseline: Baseline
    engine: LocalEngine = field(default_factory=lambda: LocalEngine(1))

    def __post_init__(self) -> None:
        self.store = Store(f"sqlite:///{self.folder}/state.db")
        digest = self.baseline.digest
        self.registry = MemoryRegistry({digest: self.baseline.packed}, {"1": digest})

    @property
    def log(self) -> Path:
        """The predictions' file."""
        return self.folder / "log.csv"

    @property
    def labels(self) -> Path:
        """The labels' file."""
        return self.folder / "labels.csv"

    def settings(self, **changes: Any) -> ModelSettings:
        """The configuration of the model; `predictions` and `labels` change those sections' keys."""
        predictions = {"source": "files", "path": "log*", "columns": COLUMNS, **changes.pop("predictions", {})}
        given = {"name": "churn", "version": "1", "predictions": predictions, **changes}
        return ModelSettings.model_validate_json(json.dumps(given), context={"folder": str(self.folder)})

    def labelled(self, **changes: Any) -> ModelSettings:
        """The configuration with labels that come later."""
        columns = {"id": "request_id", "label": "churned", "timestamp": "at"}
        return self.settings(labels={"source": "files", "path": "labels*", "columns": columns}, **changes)

    def monitor(self, settings: ModelSettings | None = None, catalogue: Catalogue | None = None) -> Monitor:
        """A monitor that has just been started."""
        return Monitor(settings or self.settings(), self.store, self.engine, catalogue or self.registry.catalogue())

    def watched(self, settings: ModelSettings | None = None) -> Watched:
        """Version 1, watched by a process that has just been started."""
        key = ModelKey("churn", "1")
        return watch(settings or self.settings(), key, Found(self.baseline), self.store, self.engine)

    def evaluate(self, settings: ModelSettings | None = None, now: float = NOW) -> Evaluation:
        """One evaluation by a process that has just started."""
        return self.monitor(settings).evaluate(now)

    def append(self, frame: pd.DataFrame, path: Path | None = None) -> None:
        """Append rows to a CSV."""
        path = path or self.log
        frame = frame[LOGGED] if "age" in frame else frame
        frame.to_csv(path, mode="a", header=not path.exists(), index=False)

    def append_labels(self, frame: pd.DataFrame, at: float | pd.Series = NOW) -> None:
        """Append the labels of rows, known at a time."""
        self.append(frame[["request_id", "churned"]].assign(at=at), self.labels)


@pytest.fixture(scope="session")
def reference() -> pd.DataFrame:
    """The rows that the baseline was made of."""
    return made(4_000, seed=1).drop(columns=["request_id", "ts", "latency"])


@pytest.fixture(scope="session")
def make_baseline() -> Any:
    """A function of rows, as `made` gives them, that makes their baseline."""
    return made_baseline


@pytest.fixture(scope="session")
def baseline(tmp_path_factory: pytest.TempPathFactory, reference: pd.DataFrame) -> Baseline:
    """The baseline of the reference rows, made once since its simulation takes a while."""
    return made_baseline(tmp_path_factory.mktemp("reference"), reference)


def made_baseline(folder: Path, rows: pd.DataFrame, *, sampled: bool = False) -> Baseline:
    """The baseline of rows."""
    path = folder / "reference.parquet"
    rows.to_parquet(path)
    parts = Parts("prediction", probabilities={"0": "p0", "1": "p1"}, label="churned")
    request = Request(parts, Task.CLASSIFICATION, sampled=sampled)
    return reference_rows.make_baseline(Files(str(path), mode="snapshot"), request, LocalEngine(1), 0.0).baseline


@pytest.fixture(scope="session")
def memory_registry() -> Any:
    """The class of a registry in memory."""
    return MemoryRegistry


@pytest.fixture
def lab(tmp_path: Path, baseline: Baseline) -> Iterator[Lab]:
    """A new one for each test."""
    made_here = Lab(tmp_path, baseline)
    yield made_here
    made_here.store.close()


@pytest.fixture(scope="session")
def make_rows() -> Any:
    """`made`."""
    return made


@pytest.fixture(scope="session")
def champions(tmp_path_factory: pytest.TempPathFactory) -> list[Baseline]:
    """The baselines of two versions, the second's rows shifted."""
    folder = tmp_path_factory.mktemp("champions")
    rows = [made(2_000, seed=seed, shift=seed).drop(columns=["request_id", "ts", "latency"]) for seed in (1, 2)]
    return [made_baseline(folder, each) for each in rows]


@pytest.fixture
def registry(champions: list[Baseline]) -> MemoryRegistry:
    """A registry with two versions, each with its own baseline, the first of them the champion."""
    digests: dict[str, str | None] = {str(i): baseline.digest for i, baseline in enumerate(champions, 1)}
    return MemoryRegistry({each.digest: each.packed for each in champions}, digests, {"champion": "1"})
