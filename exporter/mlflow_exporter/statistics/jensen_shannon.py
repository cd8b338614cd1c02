"""Jensen-Shannon: the root of the mean divergence of the two distributions from their mixture."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from scipy import special

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
    """(C,) the Jensen-Shannon distance in base 2, 0 to 1; NaN where a side has no row.

    Exact on the cells; an empty cell needs no pseudo-count.

    References
    ----------
    Endres and Schindelin, A new metric for probability distributions, IEEE Transactions on Information Theory 49,
    2003: the root of the divergence is a metric.

    Examples
    --------
    >>> score(Comparison(np.array([0, 2]), np.array([50, 50]), np.array([60, 40]))).round(4)
    array([0.0854])
    """
    window, baseline = shares(comparison)
    mixture = (window + baseline) / 2
    divergence = special.rel_entr(window, mixture) + special.rel_entr(baseline, mixture)
    bits = segment_sums(divergence, comparison.starts) / (2 * np.log(2))
    distance: Floats = np.sqrt(np.maximum(bits, 0))  # rounding can leave -1e-17
    return distance


def rare(comparison: Comparison, rate: float) -> Floats:
    """(C,) the score that one crowded cell reaches at this rate."""
    return crowded_cell(score, comparison, rate)
