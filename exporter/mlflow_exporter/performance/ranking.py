"""How well scores put one class above the rest, from the histogram of its scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mlflow_exporter.performance.intervals import Interval, logit
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.scores import ScoreHistogram

Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Groups of rows from the highest score down: how many `positives` and `negatives` (G,) each group has.

    The rows of a `tied` group (G,) share one score. Of any other that has both labels the order is in doubt.
    """

    positives: Ints
    negatives: Ints
    tied: Flags

    @classmethod
    def of(cls, histogram: ScoreHistogram) -> Ranking:
        """The ranking of one score column; a cell whose extremes show its labels apart is a group of each."""
        # Cells ascend and groups descend.
        negatives, positives = histogram.counts[:, ::-1]
        (n_min, p_min), (n_max, p_max) = histogram.minima[:, ::-1], histogram.maxima[:, ::-1]
        p_above, n_above = p_min > n_max, n_min > p_max
        tied = (p_min == p_max) & (p_above | n_above | (n_min == n_max))
        return _split(positives, negatives, tied, p_above, n_above)

    @property
    def doubtful(self) -> Flags:
        """(G,) the groups of both labels whose order is not known."""
        return ~self.tied & (self.positives > 0) & (self.negatives > 0)

    def best(self) -> Ranking:
        """The ranking that precision is highest in: positives on top of each doubtful group, and tied."""
        split = _split(self.positives, self.negatives, self.tied, self.doubtful, np.zeros_like(self.tied))
        return Ranking(split.positives, split.negatives, np.ones_like(split.tied))

    def worst(self) -> Ranking:
        """The ranking that precision is lowest in: negatives on top of each doubtful group."""
        return _split(self.positives, self.negatives, self.tied, np.zeros_like(self.tied), self.doubtful)


def _split(positives: Ints, negatives: Ints, tied: Flags, p_above: Flags, n_above: Flags) -> Ranking:
    """Two groups of each: positives before negatives where `p_above`, after them where `n_above`, else all first."""
    upper = np.where(n_above, 0, positives), np.where(p_above, 0, negatives)
    lower = positives - upper[0], negatives - upper[1]
    first, second = np.stack((upper, lower), axis=-1).reshape(2, -1)
    filled = first + second > 0
    return Ranking(first[filled], second[filled], np.repeat(tied, 2)[filled])


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value between 0 and 1, and its standard error where it has one.

    `less` and `more` are how much the value could be off because the order in the doubtful groups is not known.
    """

    value: float
    error: float | None
    less: float
    more: float

    @property
    def interval(self) -> Interval:
        """The interval of the standard error on the log-odds scale, widened by the doubt."""
        sampling = None if self.error is None else logit(self.value, self.error)
        return sampling and (max(0.0, sampling[0] - self.less), min(1.0, sampling[1] + self.more))


def mean(estimates: Sequence[Estimate]) -> Estimate:
    """The mean of one estimate or more, each of another class against the rest of the same rows.

    A row counts for its own class and against the others, and what helps one helps the other: the variances add up,
    twice. That is exact for two classes (the same ranking from both sides) and wide for more: measured, 1.1 to 1.3
    times the standard deviation of three classes.
    """
    errors = [estimate.error for estimate in estimates]
    value, less, more = np.mean([(e.value, e.less, e.more) for e in estimates], axis=0).tolist()
    return Estimate(value, _error_of_mean(errors), less, more)


def _error_of_mean(errors: Sequence[float | None]) -> float | None:
    known = [error for error in errors if error is not None]
    if len(known) < len(errors):
        return None
    return math.sqrt((2 if len(known) > 1 else 1) * math.fsum(error * error for error in known)) / len(known)


def roc_auc(ranking: Ranking) -> Estimate | None:
    """The area under the ROC curve; None unless both labels are there.

    Half of the pairs in a doubtful group are taken to be in the right order, which errs by at most half of them.
    The standard error is that of DeLong, DeLong, Clarke-Pearson (1988, Biometrics 44).
    """
    positives, negatives = ranking.positives, ranking.negatives
    p, n = int(positives.sum()), int(negatives.sum())
    if not p or not n:
        return None
    # Placements: the share of the other label that a row of the group is on the right side of.
    of_positive = (n - np.cumsum(negatives) + negatives / 2) / n
    of_negative = (np.cumsum(positives) - positives / 2) / p
    area = float((positives * of_positive).sum() / p)
    doubt = float((positives / p * (negatives / n))[ranking.doubtful].sum()) / 2
    if p < 2 or n < 2:
        return Estimate(area, None, doubt, doubt)
    variance = float((positives * np.square(of_positive - area)).sum()) / (p - 1) / p
    variance += float((negatives * np.square(of_negative - area)).sum()) / (n - 1) / n
    return Estimate(area, math.sqrt(variance), doubt, doubt)


def average_precision(ranking: Ranking) -> Estimate | None:
    """The mean over the positives of the precision at each; None without a positive.

    Tied groups count as in scikit-learn (precision at their end), doubtful ones as a random order
    does on average. The interval covers 90 to 93% instead of 95% where there are fewer than 100 positives.
    """
    p = int(ranking.positives.sum())
    if not p:
        return None
    value, best, worst = (_precision_sum(r) / p for r in (ranking, ranking.best(), ranking.worst()))
    return Estimate(value, _precision_error(ranking, value), value - worst, best - value)


def _precision_sum(ranking: Ranking) -> float:
    positives, negatives = ranking.positives, ranking.negatives
    p_before, n_before = np.cumsum(positives) - positives, np.cumsum(negatives) - negatives
    before, rows = p_before + n_before, positives + negatives
    at_end = positives * (p_before + positives) / (before + rows)
    # In a random order each of the group's rows is a positive with the same chance, and then the one at rank r has
    # p_before + 1 + (r-1)(p-1)/(rows-1) positives down to it on average: what is summed over r is linear over
    # (before + r), so that digamma gives the sum without a loop over the rows.
    slope = (positives - 1) / np.maximum(rows - 1, 1)
    harmonic = special.digamma(before + rows + 1) - special.digamma(before + 1)
    in_order = positives / rows * (slope * rows + (p_before + 1 - slope * (before + 1)) * harmonic)
    return float(np.where(ranking.tied, at_end, in_order).sum())


def _precision_error(ranking: Ranking, value: float) -> float | None:
    """The infinitesimal jackknife (Efron, 1982, chapter 6): the sum over the rows of each one's squared influence.

    A row above a positive moves the precision there, up when it is positive too and down when not.
    """
    positives, negatives, tied = ranking.positives, ranking.negatives, ranking.tied
    p = int(positives.sum())
    if p < 2:
        return None
    p_above = np.cumsum(positives) - np.where(tied, 0, (np.maximum(positives, 1) - 1) / 2)
    rows = p_above + np.cumsum(negatives) - np.where(tied, 0, negatives / 2)
    raised, lowered = positives * (rows - p_above) / rows**2, positives * p_above / rows**2
    of_positive = p_above / rows - value + _from_below(raised, tied)
    of_negative = _from_below(lowered, tied)
    return math.sqrt(float((positives * of_positive**2 + negatives * of_negative**2).sum())) / p


def _from_below(amounts: Floats, tied: Flags) -> Floats:
    """(G,) the amounts of all lower groups and of the group itself: half of it where its rows are in some order."""
    total = np.cumsum(amounts[::-1])[::-1] - np.where(tied, 0, amounts / 2)
    return np.asarray(total, dtype=np.float64)
