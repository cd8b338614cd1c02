"""Hellinger: the distance between the square roots of the two distributions."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.profiles.profile import segment_sums
from mlflow_exporter.statistics.rare import crowded_cell
from mlflow_exporter.statistics.samples import shares

CELLS: Final[Literal["fine", "coarse"]] = "coarse"
FLOOR: Final = 0.1
POWER: Final = 2
SHRINKS: Final = 0.5


def score(comparison: Comparison) -> Floats:
    """(C,) sqrt(sum of (sqrt p - sqrt q)^2 / 2) over the cells, 0 to 1; NaN where a side has no row.

    Exact on the cells; an empty cell needs no pseudo-count.

    Examples
    --------
    >>> score(Comparison(np.array([0, 2]), np.array([50, 50]), np.array([100, 0]))).round(4)
    array([0.5412])
    """
    window, baseline = shares(comparison)
    squares = np.square(np.sqrt(window) - np.sqrt(baseline))
    distance: Floats = np.sqrt(segment_sums(squares, comparison.starts) / 2)
    return distance


def rare(comparison: Comparison, rate: float) -> Floats:
    """(C,) the score that one crowded cell reaches at this rate."""
    return crowded_cell(score, comparison, rate)
