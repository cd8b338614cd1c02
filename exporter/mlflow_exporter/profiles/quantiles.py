"""Quantiles and distribution functions read from binned values."""

from __future__ import annotations

import numpy as np

from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.profiles.profile import Moment, Profile


def quantiles(profile: Profile, levels: Floats) -> Floats:
    """(L, N) the quantiles of every numeric column at L levels; NaN for a column without values.

    Linear between the ends of a bin, so within the bin that holds the exact one: off by at most its mass in rank.
    An integer bin ends at the last value that it can hold, so a bin of one value gives that value.
    """
    result = np.full((len(levels), len(profile.layout.numeric)), np.nan)
    for i, count in enumerate(profile.numeric_counts()):
        if count:
            bounds, cumulative = distribution(profile, i)
            result[:, i] = np.interp(levels, cumulative, bounds)
    return result


def distribution(profile: Profile, index: int) -> tuple[Floats, Floats]:
    """(2 B,) ascending values and (2 B,) shares of a numeric column's values up to them, from 0 to 1, for B bins.

    Each bin gives its first and its last value. The open bins end at the smallest and the largest value met. The
    column must have a value.
    """
    start, stop = profile.layout.numeric_starts[index : index + 2]
    counts = profile.bins[start:stop]
    low, high = profile.moments[Moment.MINIMUM, index], profile.moments[Moment.MAXIMUM, index]
    firsts = profile.layout.numeric[index].edges
    lasts = firsts - 1 if firsts.dtype == np.int64 else firsts
    bounds = np.empty((stop - start, 2))
    bounds[0, 0], bounds[1:, 0], bounds[:-1, 1], bounds[-1, 1] = low, firsts, lasts, high
    ends = np.cumsum(counts)
    cumulative = np.stack((ends - counts, ends), axis=1) / ends[-1]
    return np.maximum.accumulate(np.clip(bounds.ravel(), low, high)), cumulative.ravel()
