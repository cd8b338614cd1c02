"""What the instruments cost a model server: a call, a batch, its bins, its log; writes the section to RESULTS.md.

python benchmarks/instrument.py
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import mlflow
import numpy as np
from prometheus_client import CollectorRegistry, Histogram
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import report
from mlflow_exporter.instrument import FeatureBins, Monitor, PredictionLog
from mlflow_exporter.instrument.bins import ColumnBins

COLUMNS = 50
BATCH = 1_000
BATCHES_IN_A_ROW = 8  # fewer rows than wake the log's thread before its time
WRITTEN = 20_000
NAMES = [f"x{i}" for i in range(COLUMNS)]
ROW = {f"x{i}": 0.5 * i for i in range(10)}

FORMATS: tuple[Literal["jsonl", "parquet"], ...] = ("jsonl", "parquet")
MODELS = (
    ("random forest fitted to 1,000 rows", RandomForestClassifier(random_state=0), 1_000),
    ("random forest fitted to 20,000 rows", RandomForestClassifier(random_state=0), 20_000),
    ("gradient boosting fitted to 20,000 rows", HistGradientBoostingClassifier(random_state=0), 20_000),
)


def main() -> None:
    """Measure everything, and write the section."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [*_calls(Path(folder)), *_batches(Path(folder)), *_bins(), *_throughput(Path(folder))]
        rows.append(("a run in MLflow for each prediction (SQLite file)", f"{_run_per_prediction(folder):,.0f} µs"))
    report.write_section("instrument", _markdown(rows))


def _seconds(
    step: Callable[[], Any], repeats: int, times: int = 1, clock: Callable[[], float] = time.perf_counter
) -> float:
    """The median of `repeats` measurements of a step that is done `times` in a row, each."""
    measured = []
    for _ in range(repeats):
        started = clock()
        for _ in range(times):
            step()
        measured.append((clock() - started) / times)
    return statistics.median(measured)


def _calls(folder: Path) -> list[tuple[str, str]]:
    """A call with one row, beside the bare function: what its own thread does, and what all threads do."""

    def predict(row: dict[str, float]) -> str:
        return "yes"

    found = []
    with PredictionLog(folder / "calls", queue_rows=1_000_000) as log:
        for name, given in (("without a log", None), ("with the log", log)):
            watched = Monitor("m", 1, log=given, registry=CollectorRegistry())(predict)
            extra = []
            for _ in range(100):
                bare = _seconds(lambda: predict(ROW), 1, 200, time.thread_time)
                extra.append(_seconds(partial(watched, ROW), 1, 200, time.thread_time) - bare)
            found.append((f"`@monitor`, one row, {name}: added to a call", f"{1e6 * statistics.median(extra):.1f} µs"))
            log.flush()
        whole = _seconds(partial(_written, watched, log), 5, 1, time.process_time) / WRITTEN
        found.append(("`@monitor`, one row, with the log: the log's thread included", f"{1e6 * whole:.1f} µs"))
    return found


def _written(watched: Callable[[Any], Any], log: PredictionLog) -> None:
    for _ in range(WRITTEN):
        watched(ROW)
    log.flush()


def _batches(folder: Path) -> list[tuple[str, str]]:
    """A batch of 1,000 × 50 through models of scikit-learn's with its defaults.

    In a row is what a batch job does. After a pause, here while the log is written out, the instrument's code and data
    are in no cache any more.
    """
    batch = np.random.default_rng(0).normal(size=(BATCH, COLUMNS))
    found = []
    for name, model, rows in MODELS:
        timed = _Timed(_fitted(model, rows).predict)
        with PredictionLog(folder / name, format="parquet") as log:
            watched = Monitor("m", 1, log=log, registry=CollectorRegistry(), features=NAMES)(timed)
            step = partial(timed.added, partial(watched, batch))
            in_a_row = [step() for _ in range(15) if log.flush() for _ in range(BATCHES_IN_A_ROW)]
            paused = [step() for _ in range(60) if log.flush()]
        own = statistics.median(timed.history)
        costs = (
            f"{when} {1e6 * added:,.0f} µs ({100 * added / own:.2f}%)"
            for when, added in (
                ("in a row", statistics.median(in_a_row)),
                ("after a pause", statistics.median(paused)),
            )
        )
        found.append((f"`@monitor`, {BATCH:,} × {COLUMNS}, {name} ({1e3 * own:.1f} ms)", ", ".join(costs)))
    return found


def _fitted(estimator: ClassifierMixin, rows: int) -> Pipeline:
    """A pipeline that has learned a class with noise from so many rows."""
    rng = np.random.default_rng(1)
    features = rng.normal(size=(rows, COLUMNS))
    signal = features[:, 0] + 0.5 * features[:, 1] * features[:, 2] + 0.5 * rng.normal(size=rows)
    return make_pipeline(StandardScaler(), estimator).fit(features, signal > 0)


class _Timed:
    """A predict function that tells how long each call of it took."""

    def __init__(self, predict: Callable[[Any], Any]) -> None:
        self._predict = predict
        self.history: list[float] = []

    def added(self, call: Callable[[], Any]) -> float:
        """Seconds of a call that calls this function once, without its own: they vary more than what is added."""
        return _seconds(call, 1) - self.history[-1]

    def __call__(self, batch: Any) -> Any:
        started = time.perf_counter()
        answer = self._predict(batch)
        self.history.append(time.perf_counter() - started)
        return answer


def _bins() -> list[tuple[str, str]]:
    """Counting a row of 50 features in twelve bins each, and observing each in a histogram."""
    edges = tuple(np.linspace(-1.2, 1.2, 9).tolist())
    names = (*map(str, range(10)), "missing", "other")
    bins = FeatureBins(tuple(ColumnBins(name, names, (1 / 12,) * 12, edges) for name in NAMES))
    counts = Monitor("m", 1, bins=bins, registry=CollectorRegistry())
    array = np.random.default_rng(1).normal(size=(BATCH, COLUMNS))
    records = [dict(zip(NAMES, row, strict=True)) for row in array.tolist()]
    histogram = Histogram("x", "x", ["column"], buckets=edges, registry=CollectorRegistry())
    children = [histogram.labels(name) for name in NAMES]

    def observe() -> None:
        for child, value in zip(children, records[0].values(), strict=True):
            child.observe(value)

    return [
        (
            f"`bins=`, a row of {COLUMNS}, array of {BATCH:,}",
            f"{1e6 * _seconds(lambda: counts.take(array), 30) / BATCH:.2f} µs",
        ),
        (
            f"`bins=`, a row of {COLUMNS}, {BATCH:,} dictionaries",
            f"{1e6 * _seconds(lambda: counts.take(records), 30) / BATCH:.2f} µs",
        ),
        (
            f"`bins=`, a row of {COLUMNS}, one dictionary",
            f"{1e6 * _seconds(lambda: counts.take(records[0]), 30, 100):.1f} µs",
        ),
        (f"`Histogram.observe` of each of {COLUMNS}", f"{1e6 * _seconds(observe, 30, 20):.0f} µs"),
    ]


def _throughput(folder: Path) -> list[tuple[str, str]]:
    """Rows that the log writes in a second, given in batches as fast as it takes them, until the files are finished."""
    found = []
    for form in FORMATS:
        for columns in (10, COLUMNS):
            rate = statistics.median(_rate(folder / f"{form}{columns}-{i}", form, columns) for i in range(3))
            found.append((f"{form} log, batches of {BATCH:,} × {columns}", f"{rate:,.0f} rows/s"))
    return found


def _rate(folder: Path, form: Literal["jsonl", "parquet"], columns: int) -> float:
    batch = np.random.default_rng(2).normal(size=(BATCH, columns))
    answers = ["yes"] * BATCH
    log = PredictionLog(folder, format=form, wait=True)
    monitor = Monitor("m", 1, log=log, registry=CollectorRegistry(), features=NAMES)
    started = time.perf_counter()
    for _ in range(200):
        with monitor.monitored() as call:
            call.inputs(batch)
            call.outputs(answers)
    log.close(timeout=None)
    return 200 * BATCH / (time.perf_counter() - started)


def _run_per_prediction(folder: str) -> float:
    """Microseconds of what teams do without instruments: a run for each prediction."""
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.set_experiment("predictions")

    def record() -> None:
        with mlflow.start_run():
            mlflow.log_params(ROW)
            mlflow.log_metric("latency_seconds", 0.001)

    record()
    return 1e6 * _seconds(record, 20)


def _markdown(rows: list[tuple[str, str]]) -> str:
    return f"""
## Instruments of a model server

Medians, on {report.machine()}; the log's thread shares the cores with the calls. Batches are arrays,
logged as Parquet, and their models pipelines of a StandardScaler and a classifier with scikit-learn's defaults. What is
added to a call hardly depends on the model, so it is less of a slow one and more of a fast one. Most of it is memory:
the copy of the batch, and code that is in no cache any more after a model's work or a pause, above all on a machine
that is shared. JSON lines of 50 columns are slow because each number becomes text; Parquet takes the arrays as they
are, and is what batches should be logged as. The queue bounds memory to 20,000 rows.

{report.table(("what", "cost"), rows)}
"""


if __name__ == "__main__":
    main()
