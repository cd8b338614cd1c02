"""What is kept of rows: counts in pinned bins, moments and faults of every column, in a few flat arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.errors import IncompatibleProfiles
from mlflow_exporter.profiles.layout import Floats, Ints, Layout

UNSEEN_KEPT = 32
"""Categories that the baseline has not, counted one by one in each column."""

Amounts = TypeVar("Amounts", Ints, Floats)


class Fault(IntEnum):
    """Why a row's value is in no cell; a row of `Profile.faults`."""

    MISSING = 0
    NAN = 1
    POSITIVE_INFINITY = 2
    NEGATIVE_INFINITY = 3
    WRONG_TYPE = 4


class Moment(IntEnum):
    """A row of `Profile.moments`."""

    MEAN = 0
    M2 = 1
    MINIMUM = 2
    MAXIMUM = 3


@dataclass(eq=False)
class Profile:
    """A mergeable summary of rows; `merge` of two is the profile of the rows of both, the empty one included.

    Shapes, with N numeric columns of B bins in all and M categorical ones of C cells in all: `bins` and `sums` (B,),
    `moments` (4, N) by `Moment` (mean and sum of squared deviations of the finite values; minimum is +inf and maximum
    -inf where there is none), `cells` (C,), `faults` (5, N + M) by `Fault`. Sums, means and squares are in float64:
    the squares of values beyond 1e154 overflow, and M2 is then inf.

    `unseen` counts the heaviest categories that the baseline has not, by column name: at most UNSEEN_KEPT a column,
    exact until more than that were met. Beyond, no count is too large, and none (0 for a category that is not kept)
    too small by more than rest / (UNSEEN_KEPT + 1), where `rest` is what the counts lack of the column's last cell
    (Misra, Gries, 1982; mergeable by Agarwal et al., 2012).
    """

    layout: Layout
    rows: int
    bins: Ints
    sums: Floats
    moments: Floats
    cells: Ints
    faults: Ints
    unseen: dict[str, Counter[str]] = field(default_factory=dict)

    @classmethod
    def empty(cls, layout: Layout) -> Profile:
        """The profile of no rows."""
        numeric, every = len(layout.numeric), len(layout.columns)
        moments = np.zeros((len(Moment), numeric))
        moments[Moment.MINIMUM], moments[Moment.MAXIMUM] = np.inf, -np.inf
        bins = int(layout.numeric_starts[-1])
        return cls(
            layout,
            0,
            np.zeros(bins, np.int64),
            np.zeros(bins),
            moments,
            np.zeros(int(layout.categorical_starts[-1]), np.int64),
            np.zeros((len(Fault), every), np.int64),
        )

    def merge(self, other: Profile) -> Profile:
        """The profile of the rows of both (means and M2 by Chan, Golub, LeVeque, 1979).

        Raises IncompatibleProfiles where the two have different bins.
        """
        if self.layout is not other.layout and self.layout.digest != other.layout.digest:
            raise IncompatibleProfiles("the profiles have different columns or bins", mend="profile the baseline anew")
        return Profile(
            self.layout,
            self.rows + other.rows,
            self.bins + other.bins,
            self.sums + other.sums,
            _merge_moments(self, other),
            self.cells + other.cells,
            self.faults + other.faults,
            _merge_unseen(self.unseen, other.unseen),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything but the layout and `unseen`, by name: what is stored."""
        return {name: getattr(self, name) for name in ("bins", "sums", "moments", "cells", "faults")}

    @classmethod
    def from_arrays(
        cls, layout: Layout, rows: int, arrays: Mapping[str, NDArray[Any]], unseen: dict[str, Counter[str]]
    ) -> Profile:
        """The profile whose `arrays` these are; raises ValueError where they do not fit the layout."""
        numeric, bins, cells = len(layout.numeric), layout.numeric_starts[-1], layout.categorical_starts[-1]
        faults = (len(Fault), len(layout.columns))
        shapes = {"bins": (bins,), "sums": (bins,), "moments": (len(Moment), numeric), "cells": (cells,)}
        if {name: array.shape for name, array in arrays.items()} != {**shapes, "faults": faults}:
            raise ValueError("a stored profile does not fit its layout")
        return cls(layout, rows, **arrays, unseen=unseen)

    def numeric_counts(self) -> Ints:
        """(N,) how many finite values each numeric column has."""
        return segment_sums(self.bins, self.layout.numeric_starts)

    def categorical_counts(self) -> Ints:
        """(M,) how many values each categorical column has, unseen ones included."""
        return segment_sums(self.cells, self.layout.categorical_starts)


def segment_sums(flat: Amounts, starts: Ints) -> Amounts:
    """The sum of each segment `flat[starts[i]:starts[i + 1]]`; no segment may be empty.

    >>> segment_sums(np.array([1, 2, 3, 4]), np.array([0, 1, 4])).tolist()
    [1, 9]
    """
    if len(starts) == 1:
        return flat[:0]
    return np.add.reduceat(flat, starts[:-1])


def _merge_moments(a: Profile, b: Profile) -> Floats:
    n, m = a.numeric_counts(), b.numeric_counts()
    both = (n > 0) & (m > 0)
    weight = np.divide(m, n + m, out=np.zeros(len(n)), where=both)
    merged = np.empty_like(a.moments)
    with np.errstate(over="ignore", invalid="ignore"):
        delta = b.moments[Moment.MEAN] - a.moments[Moment.MEAN]
        between = np.where(both, delta * delta * n * weight, 0)
        # An empty side must change nothing, not even a last bit.
        only = np.where(n > 0, a.moments[Moment.MEAN], b.moments[Moment.MEAN])
        merged[Moment.MEAN] = np.where(both, a.moments[Moment.MEAN] + delta * weight, only)
        merged[Moment.M2] = a.moments[Moment.M2] + b.moments[Moment.M2] + between
    merged[Moment.MINIMUM] = np.minimum(a.moments[Moment.MINIMUM], b.moments[Moment.MINIMUM])
    merged[Moment.MAXIMUM] = np.maximum(a.moments[Moment.MAXIMUM], b.moments[Moment.MAXIMUM])
    return merged


def _merge_unseen(a: dict[str, Counter[str]], b: dict[str, Counter[str]]) -> dict[str, Counter[str]]:
    return {name: heaviest(a.get(name, Counter()) + b.get(name, Counter())) for name in {**a, **b}}


def heaviest(counts: Counter[str]) -> Counter[str]:
    """At most UNSEEN_KEPT of the counts, all lowered by the heaviest one that is left out; see Profile.unseen.

    >>> heaviest(Counter(a=5, b=3))
    Counter({'a': 5, 'b': 3})
    """
    if len(counts) <= UNSEEN_KEPT:
        return counts
    lowered = sorted(counts.values(), reverse=True)[UNSEEN_KEPT]
    return Counter({name: count - lowered for name, count in counts.items() if count > lowered})
