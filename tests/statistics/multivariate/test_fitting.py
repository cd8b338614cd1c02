from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA

from mlflow_exporter.profiles.encoding import Encoding
from mlflow_exporter.profiles.geometry import RIDGE
from mlflow_exporter.statistics.multivariate.fitting import (
    FEWEST_ROWS,
    KEPT_VARIANCE,
    REGION,
    SAMPLE_ROWS,
    fit,
    principal,
    squared_errors,
)

WIDTH = 8
ENCODING = Encoding(np.arange(WIDTH), np.zeros(WIDTH), np.ones(WIDTH), np.zeros(0))


def uncentred_pca(rows: np.ndarray) -> PCA:
    """scikit-learn's, about the origin: of each row and its mirror image."""
    return PCA(KEPT_VARIANCE, svd_solver="full").fit(np.vstack((rows, -rows)))


def test_the_subspace_is_scikit_learns(cloud: Any, geometry_of: Any) -> None:
    """The components kept span what scikit-learn's PCA spans, of the rows that are fitted."""
    codes = cloud(4_000, WIDTH, seed=1) * np.linspace(1, 2, WIDTH, dtype=np.float32)[:, np.newaxis]
    found = geometry_of(codes).components
    expected = uncentred_pca(codes[:, ::2].T.astype(np.float64)).components_
    assert found.shape == expected.shape
    assert found.T @ found == pytest.approx(expected.T @ expected, abs=1e-4)


def test_errors_are_those_of_rows_that_were_not_fitted(cloud: Any, geometry_of: Any) -> None:
    """Moments of the squared reconstruction errors by scikit-learn, of the rows between the fitted ones."""
    codes = cloud(4_000, WIDTH, seed=2).astype(np.float64)
    found = geometry_of(codes.astype(np.float32))
    pca = uncentred_pca(codes[:, ::2].T)
    others = codes[:, 1::2].T
    errors = np.square(others - others @ pca.components_.T @ pca.components_).sum(axis=1)
    expected = [errors.mean(), errors.var(), ((errors - errors.mean()) ** 3).mean()]
    assert found.errors == pytest.approx(expected, rel=1e-3)
    assert found.rows == 2_000


def test_the_region_holds_the_share_of_rows_that_it_is_to(cloud: Any, geometry_of: Any) -> None:
    """Its limit is the quantile of Mahalanobis distances, and of fresh rows a hundredth is outside, too."""
    codes = cloud(40_000, WIDTH, seed=3)
    found = geometry_of(codes)
    inverse = np.linalg.inv(found.products + RIDGE * np.eye(WIDTH))
    others = codes[:, 1::2].T.astype(np.float64)
    distances = np.einsum("ni,ij,nj->n", others, inverse, others)
    assert found.limit == pytest.approx(np.quantile(distances, REGION), rel=1e-3)
    assert found.outliers(cloud(40_000, WIDTH, seed=4)) / 40_000 == pytest.approx(1 - REGION, abs=0.003)


def test_too_little_has_no_geometry(cloud: Any) -> None:
    """A single column, or too few rows."""
    one = Encoding(np.arange(1), np.zeros(1), np.ones(1), np.zeros(0))
    assert fit(cloud(FEWEST_ROWS - 1, WIDTH, seed=1), ENCODING) is None
    assert fit(cloud(FEWEST_ROWS, WIDTH, seed=1), ENCODING) is not None
    assert fit(cloud(FEWEST_ROWS, 2, seed=1)[:1], one) is None


def test_a_sample_is_kept_only_where_it_is_asked_for(cloud: Any) -> None:
    """Rows stay out of a baseline that does not need them; a sample has no row twice."""
    codes = cloud(5_000, WIDTH, seed=1)
    without, with_sample = fit(codes, ENCODING), fit(codes, ENCODING, sampled=True)
    assert without is not None
    assert with_sample is not None
    assert without.sample.shape == (0, WIDTH)
    assert len(np.unique(with_sample.sample, axis=0)) == SAMPLE_ROWS
    known = {row.tobytes() for row in codes.T.astype(np.float16)}
    assert all(row.tobytes() in known for row in with_sample.sample)


def test_the_same_rows_give_the_same_bytes(cloud: Any, geometry_of: Any) -> None:
    """Nothing in a geometry is random."""
    a, b = (geometry_of(cloud(2_000, WIDTH, seed=1)).arrays() for _ in range(2))
    assert all(array.tobytes() == b[name].tobytes() for name, array in a.items())


def test_something_always_stays_outside() -> None:
    """Of two columns that hardly go together both would be needed for the variance, and no error be left."""
    assert principal(np.array([[1.0, 0.1], [0.1, 1.0]])).shape == (1, 2)


def test_errors_are_never_negative() -> None:
    """Rows in the subspace are at distance 0, whatever rounding makes of it."""
    rows = np.random.default_rng(0).normal(size=(1, 1_000)).astype(np.float32) * np.ones((3, 1), np.float32)
    assert (squared_errors(rows, np.ones((1, 3)) / np.sqrt(3)) >= 0).all()
