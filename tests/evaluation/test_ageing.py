from __future__ import annotations

import numpy as np
import pytest

from mlflow_exporter.engines.rows import Refusals, Rows
from mlflow_exporter.evaluation.ageing import Ageing


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
    """Without a newest event the scale is that of now."""
    ageing = Ageing(1e9, None, timeless=False)
    assert ageing.advance(_rows([5e8, 9e8]), Refusals(2, "log")).now == 1e9


@pytest.mark.parametrize(("newest", "expected"), ((0.0, 8e8), (8.5e8, 8.5e8)))
def test_by_events_the_newest_row_that_is_kept_counts(newest: float, expected: float) -> None:
    """A refused row moves nothing, and time never goes back."""
    ageing, refusals = Ageing(1e9, newest, timeless=False), Refusals(3, "log")
    refusals.refuse(np.array([False, False, True]), "future_timestamp", str)
    assert ageing.advance(_rows([7e8, 8e8, 9e8]), refusals).now == expected
    assert ageing.scale.now == expected
