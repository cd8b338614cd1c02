"""95% confidence intervals: the approximate ones of the literature that hold up in small windows.

An interval is None where none is sound: no rows, no spread seen, a value at the end of its range.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from scipy import special

from mlflow_exporter.domain import Measurement
from mlflow_exporter.profiles.layout import Floats, Ints

LEVEL = 0.95
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)
# A standard error below this comes from rounding, not from rows: 1e12 rows would still have a larger one.
ROUNDING = 1e-9
Interval: TypeAlias = tuple[float, float] | None


def measurement(name: str, value: float, interval: Interval = None) -> Measurement:
    """The value with its bounds, where it has them."""
    lower, upper = interval or (None, None)
    return Measurement(name, float(value), lower, upper)


def wilson(successes: float, rows: float) -> Interval:
    """The score interval of a proportion (Wilson, 1927, JASA 22).

    >>> [round(bound, 4) for bound in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if not rows:
        return None
    ratio, shrink = successes / rows, Z * Z / rows
    middle = (ratio + shrink / 2) / (1 + shrink)
    margin = Z * math.sqrt(ratio * (1 - ratio) / rows + shrink / rows / 4) / (1 + shrink)
    # Rounding must not push a bound past the ratio itself at 0 and 1.
    return min(max(0.0, middle - margin), ratio), max(min(1.0, middle + margin), ratio)


def mean_of_proportions(successes: Ints, rows: Ints) -> Interval:
    """The interval of the mean of K independent proportions; both arguments (K,), every row count positive.

    Their Wilson intervals are joined by the method of variance estimates recovery (Zou, Donner, 2008, Statistics in
    Medicine 27).
    """
    ratios = successes / rows
    bounds = np.array([wilson(k, n) for k, n in zip(successes.tolist(), rows.tolist(), strict=True)])
    below, above = np.sqrt(np.square(bounds - ratios[:, None]).sum(axis=0)) / len(rows)
    mean = float(ratios.mean())
    return max(0.0, mean - float(below)), min(1.0, mean + float(above))


def of_mean(mean: float, m2: float, rows: int) -> Interval:
    """Student's interval of a mean; `m2` is the sum of squared deviations from it."""
    if rows < 2 or not (m2 > 0 and math.isfinite(m2)):
        return None
    margin = float(special.stdtrit(rows - 1, (1 + LEVEL) / 2)) * math.sqrt(m2 / (rows - 1) / rows)
    return mean - margin, mean + margin


def logit(value: float, error: float) -> Interval:
    """The interval of a value between 0 and 1 whose standard error this is.

    It is made on the log-odds scale, so that it stays inside (Agresti, Categorical Data Analysis, 2013, 3.1.6).
    """
    if not (0 < value < 1 and error > ROUNDING):
        return None
    middle, margin = special.logit(value), Z * error / (value * (1 - value))
    return float(special.expit(middle - margin)), float(special.expit(middle + margin))


def fisher(value: float, error: float) -> Interval:
    """The interval of a correlation between -1 and 1 whose standard error this is, on Fisher's z scale (1921)."""
    if not (-1 < value < 1 and error > ROUNDING):
        return None
    middle, margin = math.atanh(value), Z * error / (1 - value * value)
    return math.tanh(middle - margin), math.tanh(middle + margin)


def delta_error(shares: Floats, gradient: Floats, rows: float) -> float:
    """The standard error of a function of multinomial shares, by its gradient in them (delta method).

    `shares` sum to 1; both have one shape. A constant added to the gradient changes nothing (Agresti, 2013, 16.1).
    """
    mean = float((shares * gradient).sum())
    return math.sqrt(float((shares * np.square(gradient - mean)).sum()) / rows)
