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
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import report
from mlflow_exporter.instrument import FeatureBins, Monitor, PredictionLog
from mlflow_exporter.instrument.bins import ColumnBins

COLUMNS = 50
BATCH = 1_000
WRITTEN = 20_000
NAMES = [f"x{i}" for i in range(COLUMNS)]
ROW = {f"x{i}": 0.5 * i for i in range(10)}


FORMATS: tuple[Literal["jsonl", "parquet"], ...] = ("jsonl", "parquet")


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
    """A batch of 1,000 × 50 through a random forest as scikit-learn makes it; bare and monitored calls alternate."""
    rng = np.random.default_rng(0)
    batch = rng.normal(size=(BATCH, COLUMNS))
    model = make_pipeline(StandardScaler(), RandomForestClassifier(random_state=0))
    model.fit(batch, batch[:, 0] > 0)
    found = []
    for form in FORMATS:
        with PredictionLog(folder / form, format=form) as log:
            timed = _Timed(model.predict)
            watched = Monitor("m", 1, log=log, registry=CollectorRegistry(), features=NAMES)(timed)
            # The model's own time varies by more than the instrument costs: it is taken off call by call.
            extra = [_seconds(partial(watched, batch), 1) - timed.seconds for _ in range(60) if log.flush()]
        own = statistics.median(timed.history)
        label = f"`@monitor`, {BATCH:,} × {COLUMNS} array, {form} log: added to a call"
        added = statistics.median(extra)
        found.append((label, f"{1e6 * added:,.0f} µs, {100 * added / own:.2f}% of predict ({1e3 * own:.0f} ms)"))
    return found


class _Timed:
    """A predict function that tells how long each call of it took."""

    def __init__(self, predict: Callable[[Any], Any]) -> None:
        self._predict = predict
        self.history: list[float] = []

    @property
    def seconds(self) -> float:
        """Of the last call."""
        return self.history[-1]

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

Medians, on {report.machine()}; the log's thread shares the cores with the calls. The model of the batches is a
StandardScaler and a RandomForestClassifier with scikit-learn's defaults; what is added does not depend on the model, so
it is less of a slower one and more of a faster one. Most of it is memory: the copy of the batch, and code and data that
the model's own work has pushed out of the processor's caches. JSON lines of 50 columns are slow because each number
becomes text; Parquet takes the arrays as they are, and is what batches should be logged as. The queue bounds memory to
20,000 rows.

{report.table(("what", "cost"), rows)}
"""


if __name__ == "__main__":
    main()
