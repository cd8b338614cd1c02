"""How the values of the baseline's rows go together: what windows of encoded rows are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.profiles.encoding import Encoding
from mlflow_exporter.profiles.joint import Codes
from mlflow_exporter.profiles.layout import Floats

RIDGE = 0.01
"""Added to the variance in every direction (a code's is 1), so that one in which nothing varied is not everything."""


@dataclass(frozen=True, eq=False)
class Geometry:
    """The cloud of `rows` encoded reference rows around the origin, in D dimensions.

    `products` (D, D) is the mean of each row's outer product with itself; `components` (K, D) span the principal
    subspace, orthonormal. `errors` (3,) are mean, variance and third central moment of the rows' squared distance
    from it, and `limit` is the 99% quantile of their squared Mahalanobis distance from the origin, both with the row
    itself left out of the fit. `sample` (k, D) has some of the rows, none where that was not asked for.
    """

    encoding: Encoding
    rows: int
    products: Floats
    components: Floats
    errors: Floats
    limit: float
    sample: NDArray[np.float16]

    @cached_property
    def _whitening(self) -> NDArray[np.float32]:
        return whitening(self.products).astype(np.float32)

    def outliers(self, codes: Codes) -> int:
        """How many encoded rows are outside the region that holds 99% of the baseline's."""
        return int(np.count_nonzero(squared_lengths(self._whitening @ codes) > self.limit))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that the geometry holds, by name."""
        own = {name: getattr(self, name) for name in ("products", "components", "errors", "sample")}
        sizes = {"rows": np.array([self.rows], np.int64), "limit": np.array([self.limit])}
        return {**self.encoding.arrays(), **own, **sizes}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Geometry:
        """The geometry whose `arrays` these are; raises KeyError where one is missing."""
        return cls(
            Encoding.from_arrays(arrays),
            int(arrays["rows"][0]),
            arrays["products"],
            arrays["components"],
            arrays["errors"],
            float(arrays["limit"][0]),
            arrays["sample"],
        )


def whitening(products: Floats) -> Floats:
    """(D, D) what makes a row's squared length its squared Mahalanobis distance from the origin.

    >>> whitening(np.diag([1.0, 4.0]) - RIDGE * np.eye(2))
    array([[1. , 0. ],
           [0. , 0.5]])
    """
    spread = products + RIDGE * np.eye(len(products))
    inverse: Floats = np.linalg.inv(np.linalg.cholesky(spread))
    return inverse


def squared_lengths(points: NDArray[Any]) -> NDArray[Any]:
    """(n,) of points (D, n)."""
    lengths: NDArray[Any] = np.einsum("ij,ij->j", points, points)
    return lengths
