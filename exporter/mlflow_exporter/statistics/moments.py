"""Quantiles of a distribution known by its moments: what every null distribution here is close to."""

from __future__ import annotations

import numpy as np
from scipy import special

from mlflow_exporter.profiles.layout import Floats


def upper_quantile(mean: Floats, variance: Floats, skewness: Floats, rate: float) -> Floats:
    """The value that a share `rate` exceeds: Pearson's type III (a shifted gamma) with these three moments.

    With skewness 2 sqrt(variance) / mean it is the unshifted gamma distribution, of which chi-squared is one. The
    mean itself where there is no variance. Skewness must be positive where there is.

    >>> upper_quantile(np.array([3.0]), np.array([6.0]), np.array([1.633]), 0.05).round(3)  # chi-squared, 3 degrees
    array([7.815])
    """
    spread = variance > 0
    shape = np.divide(4, np.square(skewness), out=np.ones_like(mean), where=spread)
    unit = np.sqrt(variance) / np.sqrt(shape)
    return mean + np.where(spread, unit * (special.gammainccinv(shape, rate) - shape), 0)
