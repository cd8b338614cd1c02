"""Kill -9 at random points of a poll: at the end every row was counted exactly once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlflow_exporter.profiles.summary import EVERY_ROW

KILLS = 50
NOW = 1_700_000_123.0
POLLING = Path(__file__).with_name("polling.py")


class Growth:
    """A log that grows: a CSV that is appended to, sometimes by half a line, Parquet files, labels in any order."""

    def __init__(self, lab: Any, rows: pd.DataFrame, rng: np.random.Generator) -> None:
        self._lab, self._rng = lab, rng
        # Rows come about in order of time, some of them hours late.
        self._rows = rows.iloc[np.argsort(rows["ts"] + rng.exponential(1_200, len(rows)))]
        self._unlabelled = self._rows.sample(frac=0.8, random_state=7)
        self.labelled = self._unlabelled
        self._parquet = 0
        self._half = b""

    def grow(self, steps: int) -> None:
        """Write the next share of what is to come in so many steps."""
        share = -(-len(self._rows) // steps)
        rows, self._rows = self._rows.iloc[:share], self._rows.iloc[share:]
        to_csv = int(self._rng.integers(0, len(rows) + 1))
        self._write_csv(rows.iloc[:to_csv])
        if to_csv < len(rows):
            self._parquet += 1
            hidden = self._lab.folder / ".growing"
            rows.iloc[to_csv:].drop(columns="churned").to_parquet(hidden)
            hidden.rename(self._lab.folder / f"log-{self._parquet}.parquet")
        share = -(-len(self._unlabelled) // steps)
        labels, self._unlabelled = self._unlabelled.iloc[:share], self._unlabelled.iloc[share:]
        self._lab.append_labels(labels)

    def _write_csv(self, rows: pd.DataFrame) -> None:
        lines = (
            self._half + rows.drop(columns="churned").to_csv(index=False, header=not self._lab.log.exists()).encode()
        )
        cut = int(self._rng.integers(0, 20)) if len(self._rows) else 0
        written, self._half = lines[: len(lines) - cut], lines[len(lines) - cut :]
        with self._lab.log.open("ab") as log:
            log.write(written)


@pytest.mark.slow
def test_every_row_is_counted_once_however_often_the_process_is_killed(lab: Any, make_rows: Any) -> None:
    """After 50 kills at random points, transactions included, counts equal those of the raw rows."""
    rng = np.random.default_rng(20)
    everything = make_rows(6_000, seed=5, span=30 * 3_600)
    lab.store.close()
    (lab.folder / "baseline").write_bytes(lab.baseline.packed)
    (lab.folder / "model.json").write_text(_as_json(lab))
    growth = Growth(lab, everything, rng)
    command = [sys.executable, str(POLLING), str(lab.folder), str(NOW)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        ends = _kill_again_and_again(process, growth, rng)
        growth.grow(1)
        assert _attempt(process, 1_000_000) == "0"
    assert ends.count("killed") == KILLS
    _check(lab, everything, growth.labelled)


def _kill_again_and_again(process: Any, growth: Growth, rng: np.random.Generator) -> list[str]:
    ends: list[str] = []
    while ends.count("killed") < KILLS:
        assert len(ends) < 3 * KILLS, "polls end before they are killed"
        if len(ends) < KILLS:
            growth.grow(KILLS - len(ends))
        limit = int(10 ** rng.uniform(0.5, 2.9))
        ends.append(_attempt(process, limit if rng.random() < 0.5 else -limit))
    return ends


def _attempt(process: Any, limit: int) -> str:
    """Poll once; how it ended."""
    process.stdin.write(f"{limit}\n")
    process.stdin.flush()
    answers = [process.stdout.readline().strip()]
    while not answers[-1] or answers[-1] not in ("killed", "0", "1"):
        if "reached" in answers:
            os.kill(int(next(answer for answer in answers if answer.isdecimal())), signal.SIGKILL)
            answers.remove("reached")
        answers.append(process.stdout.readline().strip())
    return str(answers[-1])


def _as_json(lab: Any) -> str:
    columns = {"id": "request_id", "label": "churned", "timestamp": "at"}
    from_lab = lab.settings().model_dump(mode="json", include={"predictions": {"columns"}})
    return json.dumps(
        {
            "name": "churn",
            "version": "1",
            "windows": ["24h", "7d"],
            "predictions": {"source": "files", "path": "log*", **from_lab["predictions"]},
            "labels": {"source": "files", "path": "labels*", "columns": columns},
        }
    )


def _check(lab: Any, rows: pd.DataFrame, labelled: pd.DataFrame) -> None:
    """The state's week against pandas and NumPy on the raw rows."""
    evaluation = lab.evaluate(lab.labelled(windows=["24h", "7d"]), now=NOW)
    assert evaluation.rows_read == {"labels": len(labelled), "predictions": len(rows)}
    assert evaluation.rejected == {}
    week = evaluation.windows[1]
    assert (week.rows, week.labelled_rows) == (len(rows), len(labelled))
    assert sum(week.confusion.values()) == len(labelled)
    expected = labelled.groupby(["churned", "prediction"]).size()
    assert week.confusion == {(str(a), str(p)): int(n) for (a, p), n in expected.items()}
    monitor = lab.monitor(lab.labelled(windows=["24h", "7d"]))
    monitor.evaluate(NOW)
    total = monitor._watched.windows(monitor._watched.poll(NOW), NOW)[1].summary
    profile = total.profile
    for i, column in enumerate(profile.layout.numeric):
        raw = rows["p1" if column.name == "score" else column.name].to_numpy()
        start, stop = profile.layout.numeric_starts[i : i + 2]
        cells = np.searchsorted(column.edges, raw, side="right")
        np.testing.assert_array_equal(profile.bins[start:stop], np.bincount(cells, minlength=column.cells))
    assert total.outcomes[EVERY_ROW].rows == len(labelled)
    with lab.store.reading() as transaction:
        assert transaction.waiting_predictions.count(1) == len(rows) - len(labelled)
        assert transaction.waiting_labels.count(1) == 0
