"""Mean and spread of several quantities of the same rows, mergeable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.profiles.layout import Floats


@dataclass(frozen=True, eq=False)
class Moments:
    """`rows` values of Q quantities: their means (Q,) and sums of squared deviations from them, `m2` (Q,).

    No rows have means of 0. Sums of raw squares would lose the spread of a quantity that is far from 0.
    """

    rows: int
    means: Floats
    m2: Floats

    @classmethod
    def empty(cls, quantities: int) -> Moments:
        """The moments of no rows."""
        return cls(0, np.zeros(quantities), np.zeros(quantities))

    @classmethod
    def of(cls, values: Floats) -> Moments:
        """The moments of values (Q, n)."""
        quantities, rows = values.shape
        if rows == 0:
            return cls.empty(quantities)
        # Counted from the first value, so that equal values have a spread of exactly 0.
        first = values[:, :1]
        offsets = values - first
        mean_offsets = offsets.mean(axis=1, keepdims=True)
        return cls(rows, (first + mean_offsets)[:, 0], np.square(offsets - mean_offsets).sum(axis=1))

    def merge(self, other: Moments) -> Moments:
        """The moments of the rows of both (Chan, Golub, LeVeque, 1979)."""
        if not self.rows or not other.rows:
            # An empty side must change nothing, not even a last bit.
            return self if self.rows else other
        rows = self.rows + other.rows
        delta, weight = other.means - self.means, other.rows / rows
        return Moments(rows, self.means + delta * weight, self.m2 + other.m2 + delta * delta * self.rows * weight)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that the moments hold, by name."""
        return {"rows": np.array([self.rows], np.int64), "means": self.means, "m2": self.m2}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Moments:
        """The moments whose `arrays` these are."""
        return cls(int(arrays["rows"][0]), arrays["means"], arrays["m2"])
