"""What a poll costs: 10,000 new rows into a full 7-day window, against profiling that window anew.

    python benchmarks/poll.py [--rows 1000000] [--polls 15] [--rounds 5]

Every side reads Parquet of 50 columns (30 float, 10 integer, 10 string) with a time and a prediction. The poll goes
all the way: identities, five-minute buckets, SQLite, running sums. Its files are written before, then renamed into the
log one by one, as by another process. Anew means `mode: snapshot`, which reads every row of the window and counts
it as a poll does. Counting the columns alone leaves out times, predictions and the state. The sides take turns in
rounds, and a ratio is that of one round, since a machine that is shared is fast and slow by turns.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from functools import reduce
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import wide_table
from mlflow_exporter.config.loading import parse
from mlflow_exporter.config.settings import ModelSettings
from mlflow_exporter.domain import Problem
from mlflow_exporter.engines.local import Groups, LocalEngine
from mlflow_exporter.engines.values import ARROW_TYPES
from mlflow_exporter.evaluation.catalogue import Catalogue
from mlflow_exporter.evaluation.drift import DriftEvaluator, DriftPolicy
from mlflow_exporter.evaluation.monitor import Monitor
from mlflow_exporter.evaluation.quality import column_quality
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.profile import Profile
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.results import Evaluation
from mlflow_exporter.sources.files import Files
from mlflow_exporter.state.store import Store
from report import machine, table, write_section

NOW = 1_700_000_400.0
WEEK, INTERVAL = 7 * 86_400, 60
NEW_ROWS, WINDOWS = 10_000, 3
CONFIGURATION = """
mlflow: {{tracking_uri: "http://127.0.0.1:9"}}
models:
  - name: wide
    version: "1"
    task: regression
    {windows}
    baseline: {{data: {{source: files, path: {folder}/baseline.parquet}}}}
    predictions:
      source: files
      path: {folder}/{log}
      mode: {mode}
      columns: {{timestamp: ts, prediction: prediction}}
"""


def main() -> None:
    """Measure, and write the section."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "log").mkdir()
        _write(folder / "baseline.parquet", 100_000, seed=1, end=NOW, span=WEEK)
        _write(folder / "log" / "0.parquet", arguments.rows, seed=2, end=NOW - 1, span=WEEK - 7_200)
        rounds = [_round(folder, arguments.rows, arguments.polls) for _ in range(arguments.rounds)]
    write_section("poll", _markdown(rounds, arguments.rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--polls", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def _write(path: Path, rows: int, seed: int, end: float, span: float) -> Path:
    """Rows whose times are evenly spread over the `span` seconds before `end`."""
    whole = pq.read_table(wide_table.write(path, rows, seed))
    times = ((end - span + span * np.arange(1, rows + 1) / rows) * 1e6).astype(np.int64)
    prediction = np.random.default_rng(seed).standard_normal(rows)
    stamped = whole.append_column("ts", pa.array(times, pa.timestamp("us", tz="UTC")))
    pq.write_table(stamped.append_column("prediction", pa.array(prediction)), path, row_group_size=wide_table.ROW_GROUP)
    return path


def _round(folder: Path, rows: int, polls: int) -> dict[str, float]:
    """Seconds of every side, each a median."""
    one, three = _polls(folder, "7d", polls), _polls(folder, "1h, 24h, 7d", polls)
    anew = statistics.median(_anew(folder, rows) for _ in range(WINDOWS))
    columns = statistics.median(_columns_anew(folder) for _ in range(WINDOWS))
    for state in folder.glob("state-*"):
        state.unlink()
    return {
        "anew": anew,
        "columns": columns,
        "poll": one["poll"],
        "one": one["poll"] + one["evaluate"],
        "three": three["poll"] + three["evaluate"],
        "backlog": one["backlog"],
    }


def _polls(folder: Path, windows: str, polls: int) -> dict[str, float]:
    """Seconds of each phase: `backlog` of the first poll, the others medians over those after it."""
    monitor = _monitor(folder, windows)
    first = _evaluated(monitor, NOW)
    # Within five minutes, so that no window's tail moves between two of them.
    times = [NOW + i * 240 / polls for i in range(polls)]
    written = [_write(folder / f"{i}.parquet", NEW_ROWS, 3 + i, now - 1, INTERVAL) for i, now in enumerate(times)]
    evaluations = []
    for i, now in enumerate(times):
        written[i] = written[i].rename(folder / "log" / f"new-{i}.parquet")
        evaluations.append(_evaluated(monitor, now))
        assert evaluations[-1].windows[-1].rows == first.windows[-1].rows + (i + 1) * NEW_ROWS, "rows were lost"
    for new in written:
        new.unlink()
    phases = {
        phase: statistics.median(done.durations[phase] for done in evaluations)
        for phase in ("registry", "poll", "evaluate")
    }
    return {**phases, "backlog": first.durations["poll"], "first sums": first.durations["evaluate"]}


def _monitor(folder: Path, windows: str) -> Monitor:
    """A monitor of the log, in these windows; without any, of the log's first file as a snapshot."""
    mode, log = ("append", "log") if windows else ("snapshot", "log/0.parquet")
    named = f"windows: [{windows}]" if windows else ""
    text = CONFIGURATION.format(folder=folder, windows=named, mode=mode, log=log)
    settings: ModelSettings = parse(text, folder / "config.yml").models[0]
    store = Store(f"sqlite:///{folder}/state-{mode}-{windows.count(',')}.db")
    # No registry: the version is a number, and the baseline is data.
    return Monitor(settings, store, LocalEngine(), Catalogue(Registry("http://127.0.0.1:9", timeout=0.1)))


def _evaluated(monitor: Monitor, now: float) -> Evaluation:
    evaluation = monitor.evaluate(now)
    assert evaluation.success, evaluation.problems
    return evaluation


def _anew(folder: Path, rows: int) -> float:
    """Seconds to read, count and evaluate the whole window, as a snapshot that was not seen before."""
    monitor = _monitor(folder, "")
    first = _evaluated(monitor, NOW)
    assert first.windows[-1].rows == rows, "rows were lost"
    for state in folder.glob("state-snapshot*"):
        state.unlink()
    return first.durations["poll"] + first.durations["evaluate"]


def _columns_anew(folder: Path) -> float:
    """Seconds to read and count the window's columns alone, and to compute their scores and quality."""
    store = Store(f"sqlite:///{folder}/state-append-0.db")
    with store.reading() as transaction:
        kept = transaction.baselines.of("wide", "1")
    assert kept is not None
    baseline = Baseline.unpack(kept.packed, store.where)
    engine = LocalEngine()
    policy = DriftPolicy(("ks", "psi", "wasserstein"), ("jensen_shannon", "psi"), false_alarm_rate=0.001)
    evaluator = DriftEvaluator(baseline, policy)
    columns = {(column.role, column.name): column.name for column in baseline.layout.columns}
    types = {column.name: ARROW_TYPES[column.kind] for column in baseline.layout.columns}
    evaluator.scores(baseline.summary.profile)  # what is made once is not the window's
    started = time.perf_counter()
    window = Profile.empty(baseline.layout)
    for chunk in Files(str(folder / "log" / "0.parquet"), mode="snapshot").poll({}, types):
        if isinstance(chunk, Problem):
            raise SystemExit(str(chunk))
        profiles = engine.profile(chunk, baseline.layout, columns, Groups.whole(chunk.rows))
        window = reduce(Profile.merge, profiles, window)
    evaluator.scores(window)
    column_quality(window)
    return time.perf_counter() - started


def _markdown(rounds: list[dict[str, float]], rows: int) -> str:
    def milliseconds(side: str) -> str:
        return f"{1000 * statistics.median(seconds[side] for seconds in rounds):,.1f} ms"

    def row(title: str, side: str) -> tuple[str, ...]:
        ratios = sorted(seconds["anew"] / seconds[side] for seconds in rounds)
        return (
            title,
            milliseconds(side),
            f"1/{statistics.median(ratios):,.0f}",
            f"1/{ratios[0]:,.0f} to 1/{ratios[-1]:,.0f}",
        )

    lines = [
        ("profiling the window anew, as `mode: snapshot` does", milliseconds("anew"), "1", ""),
        ("… of that, counting the columns alone", milliseconds("columns"), "", ""),
        row("**the poll**: count the new rows, commit them with the position", "poll"),
        row("… and evaluate 7d: sums, drift, quality, distributions", "one"),
        row("… and evaluate 1h, 24h and 7d", "three"),
    ]
    backlog = statistics.median(seconds["backlog"] for seconds in rounds)
    return f"""## A poll of {NEW_ROWS:,} new rows into a 7-day window of {rows:,}

50 columns, a time and a prediction, Parquet; medians of {len(rounds)} rounds of one run. {machine()}.

{table(("", "time", "share of profiling anew", "in the rounds"), lines)}

The backlog of {rows:,} rows, at the first start, in five-minute buckets: {backlog:.1f} s."""


if __name__ == "__main__":
    main()
