from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.engines.rows import Refusals, Rows
from mlflow_exporter.evaluation.ageing import FEW, Ageing, EventClock
from mlflow_exporter.evaluation.buckets import DAY


def _rows(times: list[float]) -> Rows:
    n = len(times)
    numbers = np.zeros(n)
    return Rows(np.array(times), np.zeros((n, 2), np.uint64), numbers, numbers, numbers > 0, None, None, {})


def test_a_poll_that_takes_long_knows_what_time_it_is() -> None:
    """The wall clock goes on with the poll, and not back where somebody sets it back; buckets age by its start."""
    times = iter([50.0, 650.0, 20.0])
    ageing = Ageing(1e9, None, timeless=False, clock=lambda: next(times))
    assert [ageing.by_now(), ageing.by_now()] == [1e9 + 600, 1e9]
    assert ageing.scale.now == 1e9


def test_by_the_wall_clock_events_change_nothing() -> None:
    """Without a clock of events the scale is that of now."""
    ageing = Ageing(1e9, None, timeless=False)
    assert ageing.advance(_rows([5e8, 9e8]), Refusals(2, "log")).now == 1e9


@pytest.mark.parametrize(("newest", "expected"), ((None, 8e8), (8.5e8, 8.5e8)))
def test_by_events_the_newest_row_that_is_kept_counts(newest: float | None, expected: float) -> None:
    """A refused row moves nothing, and late rows do not turn time back."""
    events = EventClock() if newest is None else EventClock().met(np.array([newest]))
    ageing, refusals = Ageing(1e9, events, timeless=False), Refusals(3, "log")
    refusals.refuse(np.array([False, False, True]), "future_timestamp", str)
    assert ageing.advance(_rows([7e8, 8e8, 9e8]), refusals).now == expected
    assert ageing.scale.now == expected


@given(
    st.lists(st.floats(0, DAY), min_size=3 * FEW, max_size=5 * FEW),
    st.lists(st.floats(3e6, 1e9), max_size=FEW - 1),
    st.randoms(use_true_random=False),
)
def test_a_few_events_far_ahead_do_not_move_the_clock(pack: list[float], strays: list[float], random: Random) -> None:
    """Whenever they come, among rows of one span it shows the newest of these; with FEW of them it follows."""
    events = [*pack, *strays]
    random.shuffle(events)
    clock = EventClock()
    for part in np.array_split(np.array(events), 3):
        clock = clock.met(part)
    assert clock.time == max(pack)
    assert clock.newest == max(events)
    assert clock.met(np.full(FEW, 2e9)).time == 2e9


@pytest.mark.parametrize("every", (60.0, 3_600.0, 3 * DAY, 40 * DAY))
def test_the_clock_of_a_steady_log_is_never_behind(every: float) -> None:
    """A row a minute or a row in forty days, one by one: the newest is the time."""
    clock = EventClock()
    for i in range(4 * FEW):
        clock = clock.met(np.array([i * every]))
        assert clock.time == i * every


def test_a_busy_log_that_becomes_a_quiet_one_goes_on() -> None:
    """After rows each second one comes every third day: the clock waits for FEW of them, and follows from then on."""
    clock = EventClock().met(np.arange(10_000.0))
    shown = []
    for i in range(1, 2 * FEW):
        clock = clock.met(np.array([9_999.0 + 3 * i * DAY]))
        shown.append(clock.time)
    late = [9_999.0 + 3 * i * DAY for i in range(FEW, 2 * FEW)]
    assert shown == [9_999.0] * (FEW - 1) + late


def test_batches_move_the_clock_at_once() -> None:
    """Monthly batches, each of one time or spread over hours, are as many as a slip of the clock never is."""
    clock = EventClock()
    for month in range(5):
        clock = clock.met(month * 30 * DAY + np.linspace(0, 3_600 * (month % 2), 200))
        assert clock.time == month * 30 * DAY + 3_600 * (month % 2)
