from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.demo.schedule import Schedule
from mlflow_exporter.demo.subjects import Phase

SCHEDULE = Schedule(start=10_000, drift_at=10_030, decay_at=10_060, rate=10, history=3_600, history_rate=0.5)


@given(st.floats(min_value=6_000, max_value=10_200))
def test_due_rows_are_those_whose_time_is_past(now: float) -> None:
    """As many rows are due at a time as have come before it, history and live rows alike."""
    times = SCHEDULE.times(0, 5_000)
    assert SCHEDULE.due(now) == np.count_nonzero(times < now)


def test_times_never_go_back() -> None:
    """Rows come in order, and the first live row comes at the start."""
    times = SCHEDULE.times(0, 5_000)
    assert (np.diff(times) > 0).all()
    assert times[SCHEDULE.history_rows] == 10_000


def test_phases_follow_one_another() -> None:
    """The history is clean, and each phase begins at its time."""
    moments = (6_400, 10_029.9, 10_030, 10_059.9, 10_060)
    expected = [Phase.CLEAN, Phase.CLEAN, Phase.DRIFT, Phase.DRIFT, Phase.DECAY]
    assert [SCHEDULE.phase(moment) for moment in moments] == expected


def test_no_history_is_possible() -> None:
    """Without a history the first row is the live one at the start."""
    schedule = Schedule(start=10_000, drift_at=10_030, decay_at=10_060, rate=10, history=0)
    assert [schedule.due(9_999), schedule.due(10_000), schedule.due(10_001)] == [0, 0, 10]
