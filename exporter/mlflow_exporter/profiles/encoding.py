"""Rows as points: each feature a number of about one unit's spread, pinned by the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.profiles.layout import Floats, Ints

LARGEST = 10.0
"""Codes end here, in standard deviations of the baseline: one wild value cannot own a sum of squares."""


@dataclass(frozen=True, eq=False)
class Encoding:
    """Which D columns of a layout are encoded, and how; a row's codes are around 0, where a missing value is too.

    A value's code is (value - centre) / scale, cut off at -LARGEST and LARGEST; `positions` (D,) are those of the
    columns in the layout, `centres` and `scales` (D,) their mean and standard deviation in the baseline without the
    outermost 0.1% on each side. A category's value is its ridit: the share of the baseline's rows with heavier
    categories, and half of its own (Bross, Biometrics 14, 1958). `ridits` (C,) has one for each categorical cell of
    the layout. Frequencies, the usual choice, would give equally frequent categories the same code.
    """

    positions: Ints
    centres: Floats
    scales: Floats
    ridits: Floats

    @property
    def width(self) -> int:
        """D, how many numbers a row becomes."""
        return len(self.positions)

    def code(self, values: Floats, i: int) -> NDArray[np.float32]:
        """(n,) the codes of values (n,) of the i-th column; NaN is missing.

        >>> Encoding(np.array([3]), np.array([5.0]), np.array([2.0]), np.zeros(0)).code(np.array([7, np.nan, 1e9]), 0)
        array([ 1.,  0., 10.], dtype=float32)
        """
        with np.errstate(over="ignore"):
            codes = (values - self.centres[i]) / self.scales[i]
        np.clip(codes, -LARGEST, LARGEST, out=codes)
        codes[np.isnan(codes)] = 0
        narrow: NDArray[np.float32] = codes.astype(np.float32)
        return narrow

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that the encoding holds, by name."""
        return {name: getattr(self, name) for name in ("positions", "centres", "scales", "ridits")}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Encoding:
        """The encoding whose `arrays` these are among; raises KeyError where one is missing."""
        return cls(arrays["positions"], arrays["centres"], arrays["scales"], arrays["ridits"])
