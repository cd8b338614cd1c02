"""PCA reconstruction error: how far rows are from the subspace in which the baseline's rows mostly are."""

from __future__ import annotations

import numpy as np
from scipy import special

from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.profiles.joint import JointTally
from mlflow_exporter.statistics.moments import upper_quantile

FLOOR = 0.02
"""The flip of one strong correlation (0.8) among 64 columns that are independent else makes a score of 0.03."""

REQUIRES = None
_LEAST_ERROR = 0.1
_LEAST_SKEWNESS = 1e-3


def sizes(geometry: Geometry, window: JointTally) -> tuple[int, int]:
    """How many rows of the baseline and of the window are compared."""
    return geometry.rows, window.rows


def error(geometry: Geometry, window: JointTally) -> float:
    """Root mean square distance of the window's rows from the baseline's principal subspace, in their codes' unit.

    It comes from the sum of products G alone: trace((I - C'C) G) / rows, where the rows of C are the components.
    """
    inside = geometry.components.T @ geometry.components
    outside = np.eye(len(inside)) - inside
    return float(np.sqrt(max(np.sum(outside * window.matrix) / window.rows, 0)))


def score(geometry: Geometry, window: JointTally) -> float:
    """How much larger or smaller the error is than the baseline's, as a share of that.

    Both are drift: rows leave the subspace where columns that went together no longer do, and come nearer where they
    do so more. A baseline error below 0.1 (columns that depend on each other exactly) counts as 0.1.

    Notes
    -----
    The idea is NannyML's data reconstruction error with PCA, which takes the mean distance instead of its root mean
    square; only the latter adds up over buckets without rows.
    """
    expected = float(np.sqrt(geometry.errors[0]))
    return abs(error(geometry, window) - expected) / max(expected, _LEAST_ERROR)


def critical(geometry: Geometry, window: JointTally, rate: float) -> float:
    """The score that a share `rate` of undrifted windows of so many rows exceeds at most.

    The squared error is a mean over rows, so its moments follow from those of the baseline's rows, and those of both
    samples' noise from the two sizes; Pearson's type III with these moments is cut at half the rate on each side.
    """
    mean = geometry.errors[0]
    n, m = window.rows, geometry.rows
    variance, third = _largest(geometry, rate)
    spread = variance * (1 / n + 1 / m)
    skewness = third * (1 / n**2 - 1 / m**2) / spread**1.5 if spread else 0.0
    both = np.maximum([skewness, -skewness], _LEAST_SKEWNESS)
    above, below = upper_quantile(np.zeros(2), np.repeat(spread, 2), both, rate / 2)
    expected = np.sqrt(mean)
    farther, nearer = np.sqrt(mean + above) - expected, expected - np.sqrt(max(mean - below, 0))
    return float(max(farther, nearer) / max(expected, _LEAST_ERROR))


def _largest(geometry: Geometry, rate: float) -> tuple[float, float]:
    """Variance and third moment of a row's squared error at the upper limit of what the baseline's rows allow.

    Few rows miss the tail of a heavy one. The limit is exceeded in a share `rate` of baselines: log-normal, with the
    standard error of a variance, sqrt((kurtosis - 1) / rows), and the kurtosis of the gamma distribution that is as
    skew (measured with 2,000 rows of heavy tails and one strong factor: 0.3% false alarms, and 2% without).
    """
    _, variance, third = geometry.errors
    if not variance:
        return 0.0, 0.0
    kurtosis = 3 + 1.5 * third**2 / variance**3
    wider = float(np.exp(-special.ndtri(rate) * np.sqrt((kurtosis - 1) / geometry.rows)))
    return float(variance * wider), float(third * wider**1.5)
