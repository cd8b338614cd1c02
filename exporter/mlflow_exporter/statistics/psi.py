"""Population stability index: the divergence of either distribution from the other, added."""

from __future__ import annotations

from typing import Final, Literal

from scipy import special

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.profiles.profile import segment_sums
from mlflow_exporter.statistics.rare import crowded_cell
from mlflow_exporter.statistics.samples import smoothed_shares

CELLS: Final[Literal["fine", "coarse"]] = "coarse"
FLOOR: Final = 0.2  # the customary "significant" in credit scoring
POWER: Final = 1
SHRINKS: Final = 1.0


def score(comparison: Comparison) -> Floats:
    """(C,) the sum of (p - q) ln(p / q) over the cells, in nats, 0 or more; NaN where a side has no row.

    Exact on the cells, with half a row in each cell that is empty on one side (`smoothed_shares`).

    References
    ----------
    Yurdakul and Naranjo, Statistical properties of the population stability index, Journal of Risk Model
    Validation 14, 2020.

    Examples
    --------
    >>> import numpy as np
    >>> score(Comparison(np.array([0, 2]), np.array([50, 50]), np.array([60, 40]))).round(4)
    array([0.0405])
    """
    window, baseline = smoothed_shares(comparison)
    return segment_sums(special.rel_entr(window, baseline) + special.rel_entr(baseline, window), comparison.starts)


def rare(comparison: Comparison, rate: float) -> Floats:
    """(C,) the score that one crowded cell reaches at this rate."""
    return crowded_cell(score, comparison, rate)
