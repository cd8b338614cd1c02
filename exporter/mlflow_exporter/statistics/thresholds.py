"""What a score is compared with: the larger of the effect floor and the critical value at the two sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.statistics.catalogue import (
    AnalyticTest,
    DriftTest,
    PValued,
    RareEvents,
    ScaledFloor,
    SimulatedTest,
    drift_tests,
)
from mlflow_exporter.statistics.null import Null


@dataclass(frozen=True, eq=False)
class Scores:
    """A test on C columns, (C,) each: NaN where it cannot be computed; `p_value` is None where the test has none."""

    score: Floats
    threshold: Floats
    p_value: Floats | None


def evaluate(
    name: str, comparison: Comparison, rate: float, null: Null | None = None, floor: Floats | float | None = None
) -> Scores:
    """Score, threshold and p-value of the named test on every column.

    `rate` is a column's share of the false-alarm rate (`column_rate`), `null` the simulated null distributions of
    these columns, and `floor`, (C,) or one number, replaces the test's FLOOR.

    Raises KeyError where there is no such test, or where it needs a null distribution that was not simulated.
    """
    test = drift_tests()[name]
    score = test.score(comparison)
    threshold = np.maximum(_floor(test, comparison, floor), _critical(name, comparison, rate, null))
    p_value = test.p_value(comparison, score) if isinstance(test, PValued) else None
    return Scores(score, np.where(np.isnan(score), np.nan, threshold), p_value)


def column_rate(false_alarm_rate: float, columns: int) -> float:
    """A column's share of the chance that an undrifted window raises any alarm (Bonferroni).

    With `columns` columns decided at this rate each, the chance of any alarm is at most `false_alarm_rate`, however
    the columns depend on each other.

    >>> column_rate(0.001, 50)
    2e-05
    """
    return false_alarm_rate / max(columns, 1)


def _floor(test: DriftTest, comparison: Comparison, floor: Floats | float | None) -> Floats:
    effect = np.broadcast_to(np.asarray(test.FLOOR if floor is None else floor, np.float64), comparison.columns)
    return test.floor(comparison, effect) if isinstance(test, ScaledFloor) else effect


def _critical(name: str, comparison: Comparison, rate: float, null: Null | None) -> Floats:
    test = drift_tests()[name]
    if isinstance(test, AnalyticTest):
        critical = test.critical(comparison, rate)
    elif isinstance(test, SimulatedTest) and null is not None:
        critical = null.critical(name, test, comparison, rate)
    else:
        raise KeyError(f"{name}: its null distribution was not simulated; profile the baseline anew")
    return np.maximum(critical, test.rare(comparison, rate)) if isinstance(test, RareEvents) else critical
