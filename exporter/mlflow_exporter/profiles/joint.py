"""What is kept of how the values of a row go together: sums of products, outliers, and a sample of encoded rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.errors import IncompatibleProfiles
from mlflow_exporter.profiles.layout import Floats

SAMPLE_ROWS = 1_000
"""Encoded rows that are kept where they are asked for: those with the smallest keys."""

_BLOCK = 4_096

Codes: TypeAlias = NDArray[np.float32]
"""(D, n): the encoded rows, one code of all rows after the other."""

Keys: TypeAlias = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class JointTally:
    """A mergeable summary of `rows` encoded rows of D codes.

    `products` (D(D + 1) / 2,) is the upper triangle, row by row, of the sum of each row's outer product with itself;
    `outliers` counts the rows outside the baseline's region. `keys` (k,), ascending, and `codes` (k, D), in 16 bits,
    are the SAMPLE_ROWS rows of the smallest keys (bottom-k: a uniform sample, the same however rows are merged, since
    a key is a hash of the row's identity); empty where no sample is asked for.
    """

    rows: int
    outliers: int
    products: Floats
    keys: Keys
    codes: NDArray[np.float16]

    @classmethod
    def of(cls, codes: Codes, outliers: int, keys: Keys | None = None) -> JointTally:
        """The tally of encoded rows, with a sample where they have keys (n,)."""
        width, rows = codes.shape
        products = _sum_of_products(codes)[np.triu_indices(width)]
        if keys is None:
            return cls(rows, outliers, products, np.zeros(0, np.uint64), np.zeros((0, width), np.float16))
        kept = _smallest(keys)
        return cls(rows, outliers, products, keys[kept], codes.T[kept].astype(np.float16))

    @property
    def width(self) -> int:
        """D, how many codes a row has."""
        return int(self.codes.shape[1])

    @property
    def matrix(self) -> Floats:
        """(D, D) the sum of each row's outer product with itself."""
        upper = np.zeros((self.width, self.width))
        upper[np.triu_indices(self.width)] = self.products
        return upper + np.triu(upper, 1).T

    def merge(self, other: JointTally) -> JointTally:
        """The tally of the rows of both; raises IncompatibleProfiles where they are encoded in other ways."""
        if self.width != other.width:
            raise IncompatibleProfiles("the rows are encoded in other columns", mend="profile the baseline anew")
        keys = np.concatenate((self.keys, other.keys))
        kept = _smallest(keys)
        return JointTally(
            self.rows + other.rows,
            self.outliers + other.outliers,
            self.products + other.products,
            keys[kept],
            np.concatenate((self.codes, other.codes))[kept],
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that the tally holds, by name."""
        counts = np.array([self.rows, self.outliers], np.int64)
        return {"counts": counts, "products": self.products, "keys": self.keys, "codes": self.codes}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> JointTally:
        """The tally whose `arrays` these are; raises ValueError where they do not fit together."""
        rows, outliers = arrays["counts"].tolist()
        tally = cls(rows, outliers, arrays["products"], arrays["keys"], arrays["codes"])
        if len(tally.products) != tally.width * (tally.width + 1) // 2 or len(tally.keys) != len(tally.codes):
            raise ValueError("a stored tally of encoded rows does not fit together")
        return tally


def _smallest(keys: Keys) -> NDArray[np.int64]:
    """Which of the keys (n,) are the SAMPLE_ROWS smallest, in their order."""
    if len(keys) > SAMPLE_ROWS:
        nearest = np.argpartition(keys, SAMPLE_ROWS - 1)[:SAMPLE_ROWS]
        return np.asarray(nearest[np.argsort(keys[nearest], kind="stable")])
    return np.argsort(keys, kind="stable")


def _sum_of_products(codes: Codes) -> Floats:
    """Block by block: 32 bits are fast, and would lose digits in a sum over many rows."""
    total = np.zeros((len(codes), len(codes)))
    for first in range(0, codes.shape[1], _BLOCK):
        block = codes[:, first : first + _BLOCK]
        total += block @ block.T
    return total
