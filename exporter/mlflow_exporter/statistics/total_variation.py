"""Total variation: the share of the rows that would have to change cell."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.profiles.profile import segment_sums
from mlflow_exporter.statistics.rare import crowded_cell
from mlflow_exporter.statistics.samples import shares

CELLS: Final[Literal["fine", "coarse"]] = "coarse"
FLOOR: Final = 0.1  # ten points of mass in other cells
POWER: Final = 2
SHRINKS: Final = 0.5


def score(comparison: Comparison) -> Floats:
    """(C,) half the sum of |p - q| over the cells, 0 to 1; NaN where a side has no row. Exact on the cells.

    Examples
    --------
    >>> score(Comparison(np.array([0, 2]), np.array([50, 50]), np.array([60, 40]))).round(3)
    array([0.1])
    """
    window, baseline = shares(comparison)
    return segment_sums(np.abs(window - baseline), comparison.starts) / 2


def rare(comparison: Comparison, rate: float) -> Floats:
    """(C,) the score that one crowded cell reaches at this rate."""
    return crowded_cell(score, comparison, rate)
