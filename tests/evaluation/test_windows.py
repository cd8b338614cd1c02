from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlflow_exporter.domain import Window
from mlflow_exporter.evaluation.buckets import Scale
from mlflow_exporter.evaluation.windows import WindowSum, WindowSums

NOW = 1_700_000_123.0
HOUR = 3_600.0
WINDOWS = ["1h", "24h", "7d", "30d"]


def _same(a: WindowSum, b: WindowSum) -> None:
    """Two sums of the same rows: counts to the last one, floats but for rounding."""
    assert (a.window, a.start) == (b.window, b.start)
    one, other = a.summary, b.summary
    assert (one.rows, one.labelled, one.duplicates, one.newest) == (
        other.rows,
        other.labelled,
        other.duplicates,
        other.newest,
    )
    for name in ("bins", "cells", "faults"):
        np.testing.assert_array_equal(getattr(one.profile, name), getattr(other.profile, name))
    np.testing.assert_allclose(one.profile.moments, other.profile.moments, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(one.profile.sums, other.profile.sums, rtol=1e-9, atol=1e-6)
    assert one.segment_rows == other.segment_rows


def _expected(rows: pd.DataFrame, start: float) -> int:
    return int((rows["ts"] >= start).sum())


@pytest.mark.parametrize("clock", ("wall", "event"))
@pytest.mark.parametrize("seed", range(4))
def test_running_sums_equal_fresh_ones_after_any_polls(lab: Any, make_rows: Any, clock: str, seed: int) -> None:
    """Over random polls, with late rows and late labels, jumps of time, restarts and roll-ups, nothing is off."""
    rng = np.random.default_rng(seed)
    settings = lab.labelled(windows=WINDOWS, clock=clock)
    watched = lab.watched(settings)
    now, written, waiting = NOW, [], []
    for step in range(25):
        now += float(rng.choice([20, 400, 2 * HOUR, 15 * HOUR, 40 * HOUR], p=[0.35, 0.35, 0.15, 0.1, 0.05]))
        span = float(rng.choice([60, 3 * HOUR, 60 * HOUR, 300 * HOUR], p=[0.5, 0.3, 0.15, 0.05]))
        rows = make_rows(int(rng.integers(0, 60)), seed=100 + step, end=now, span=span)
        if len(rows):
            lab.append(rows)
            written.append(rows)
            waiting.append(rows)
        if len(waiting) > 2:
            lab.append_labels(waiting.pop(int(rng.integers(0, len(waiting)))), at=now)
        if rng.random() < 0.15:
            watched = lab.watched(settings)
        totals = watched.windows(watched.poll(now), now)
        scale = watched.scale(now)
        fresh = WindowSums(lab.store, watched.stream, settings.windows).advance({}, scale)
        every = pd.concat(written) if written else rows
        for running, summed in zip(totals, fresh, strict=True):
            _same(running, summed)
            assert running.start is not None
            assert running.summary.rows == _expected(every, running.start)
            assert running.summary.labelled <= running.summary.rows


def test_a_window_is_not_longer_than_it_says_by_more_than_a_bucket() -> None:
    """A window starts with the bucket that holds the moment so long ago: an eighth of its length early at most."""
    scale = Scale(NOW)
    for name in ("1h", "24h", "7d", "30d"):
        seconds = Window.of(name).seconds
        assert seconds is not None
        early = (NOW - seconds) - scale.start_of(NOW - seconds)
        assert 0 <= early <= seconds / 8
