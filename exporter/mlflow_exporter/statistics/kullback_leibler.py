"""Kullback-Leibler: how surprising the window's rows are to who expects the baseline's."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from scipy import special

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.profiles.profile import segment_sums
from mlflow_exporter.statistics.rare import crowded_cell
from mlflow_exporter.statistics.samples import smoothed_shares

CELLS: Final[Literal["fine", "coarse"]] = "coarse"
# Four times the Jensen-Shannon divergence to second order: its floor, (0.1)^2 bits, is 0.028 nats here.
FLOOR: Final = 0.028
POWER: Final = 1
SHRINKS: Final = 1.0


def score(comparison: Comparison) -> Floats:
    """(C,) the divergence of the window from the baseline, sum of p ln(p / q) in nats; NaN where a side has no row.

    Exact on the cells, with half a row in each cell that is empty on one side (`smoothed_shares`).

    References
    ----------
    Kullback and Leibler, On information and sufficiency, Annals of Mathematical Statistics 22, 1951.

    Examples
    --------
    >>> score(Comparison(np.array([0, 2]), np.array([50, 50]), np.array([60, 40]))).round(4)
    array([0.0201])
    """
    window, baseline = smoothed_shares(comparison)
    nats = segment_sums(special.rel_entr(window, baseline), comparison.starts)
    return np.where(nats < 0, 0.0, nats)  # rounding can leave -1e-17


def rare(comparison: Comparison, rate: float) -> Floats:
    """(C,) the score that one crowded cell reaches at this rate."""
    return crowded_cell(score, comparison, rate)
