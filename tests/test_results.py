"""Verdicts on what was measured."""

from __future__ import annotations

import pytest

from mlflow_exporter.domain import Measurement
from mlflow_exporter.results import Bound

LEAST = Bound("accuracy", 0.8, is_minimum=True, origin="min")
MOST = Bound("rmse", 0.8, is_minimum=False, origin="max")


@pytest.mark.parametrize(
    ("bound", "lower", "value", "upper", "broken", "doubtful"),
    (
        (LEAST, 0.71, 0.75, 0.79, True, False),
        (LEAST, 0.70, 0.75, 0.80, False, True),
        (LEAST, 0.70, 0.75, 0.90, False, True),
        (LEAST, 0.70, 0.80, 0.90, False, False),
        (LEAST, 0.85, 0.90, 0.95, False, False),
        (LEAST, None, 0.75, None, True, False),
        (LEAST, None, 0.80, None, False, False),
        (MOST, 0.81, 0.85, 0.90, True, False),
        (MOST, 0.80, 0.85, 0.90, False, True),
        (MOST, 0.70, 0.75, 0.90, False, False),
        (MOST, None, 0.85, None, True, False),
    ),
)
def test_a_bound_is_broken_by_the_whole_interval(
    bound: Bound, lower: float | None, value: float, upper: float | None, broken: bool, doubtful: bool
) -> None:
    """A value beyond its bound whose 95% interval is not is doubtful, so that few labels raise no alarm."""
    measured = Measurement(bound.metric, value, lower, upper)
    assert (bound.broken_by(measured), bound.doubted_by(measured)) == (broken, doubtful)
