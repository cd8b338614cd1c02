"""The performance of a regressor, from its tally; definitions are scikit-learn's."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mlflow_exporter.domain import Measurement
from mlflow_exporter.performance.intervals import Interval, measurement, of_mean
from mlflow_exporter.profiles.regression import Quantity, RegressionTally


def measure(tally: RegressionTally) -> tuple[Measurement, ...]:
    """Every metric of the rows that is defined, with its 95% bounds where sound ones are known.

    rmse, mae, mean_error (predicted minus actual) and max_error in the label's unit, mape and r2 as ratios. max_error
    has no bounds, and r2 none that follow from what is kept. What is undefined (r2 of a constant label) or too large
    for a float is absent.
    """
    return tuple(metric for metric in _metrics(tally) if math.isfinite(metric.value))


def _metrics(tally: RegressionTally) -> Iterator[Measurement]:
    if not tally.rows:
        return
    squared, interval = _mean(tally, Quantity.SQUARED_ERROR)
    yield measurement("rmse", math.sqrt(squared), interval and _of_root(squared, interval))
    yield _mean_measurement(tally, "mae", Quantity.ABSOLUTE_ERROR)
    yield _mean_measurement(tally, "mape", Quantity.ABSOLUTE_PERCENTAGE_ERROR)
    spread = float(tally.moments.m2[Quantity.ACTUAL])
    if 0 < spread < math.inf:
        yield measurement("r2", 1 - squared * tally.rows / spread)
    yield measurement("mean_error", *_mean(tally, Quantity.ERROR))
    yield measurement("max_error", tally.largest_error)


def _mean(tally: RegressionTally, quantity: Quantity) -> tuple[float, Interval]:
    mean = float(tally.moments.means[quantity])
    return mean, of_mean(mean, float(tally.moments.m2[quantity]), tally.rows)


def _of_root(squared: float, interval: tuple[float, float]) -> Interval:
    """From the interval of a mean square to that of its root, on the logarithmic scale since squares are skewed."""
    factor = math.exp((interval[1] - squared) / squared / 2)
    return math.sqrt(squared) / factor, math.sqrt(squared) * factor


def _mean_measurement(tally: RegressionTally, name: str, quantity: Quantity) -> Measurement:
    mean, interval = _mean(tally, quantity)
    return measurement(name, mean, interval and (max(0.0, interval[0]), interval[1]))
