from __future__ import annotations

import numpy as np
import pytest

from mlflow_exporter.profiles.encoding import Encoding
from mlflow_exporter.profiles.geometry import RIDGE, Geometry, squared_lengths, whitening

ENCODING = Encoding(np.array([0, 1]), np.zeros(2), np.ones(2), np.zeros(0))
PRODUCTS = np.array([[1.0, 0.8], [0.8, 1.0]])


def geometry(limit: float) -> Geometry:
    return Geometry(ENCODING, 500, PRODUCTS, np.array([[0.6, 0.8]]), np.ones(3), limit, np.zeros((4, 2), np.float16))


def test_outliers_are_far_by_the_mahalanobis_distance() -> None:
    """Each row's squared distance is x' (C + ridge)^-1 x, computed one by one."""
    codes = np.random.default_rng(0).normal(size=(2, 1_000)).astype(np.float32)
    inverse = np.linalg.inv(PRODUCTS + RIDGE * np.eye(2))
    distances = [float(row @ inverse @ row) for row in codes.T.astype(np.float64)]
    for limit in (0.5, 4.0, 9.21):
        assert geometry(limit).outliers(codes) == sum(distance > limit for distance in distances)


def test_a_row_against_the_correlation_is_an_outlier_and_one_along_it_is_not() -> None:
    """Both rows have the same values in each column, up to the sign."""
    along, against = np.array([[2.0], [2.0]], np.float32), np.array([[2.0], [-2.0]], np.float32)
    assert (geometry(9.21).outliers(along), geometry(9.21).outliers(against)) == (0, 1)


def test_no_rows_have_no_outlier() -> None:
    """A group without rows is counted, too."""
    assert geometry(1.0).outliers(np.zeros((2, 0), np.float32)) == 0


def test_whitened_rows_have_unit_spread() -> None:
    """Products C become (C + ridge)^-1/2 C (C + ridge)^-1/2', nearly the unit matrix, a singular C included."""
    for products in (PRODUCTS, np.ones((2, 2))):
        factor = whitening(products)
        assert factor @ (products + RIDGE * np.eye(2)) @ factor.T == pytest.approx(np.eye(2), abs=1e-12)


def test_squared_lengths_are_numpys() -> None:
    """The sum of squares of each column."""
    points = np.random.default_rng(0).normal(size=(3, 7))
    assert squared_lengths(points) == pytest.approx(np.linalg.norm(points, axis=0) ** 2)


def test_arrays_keep_everything() -> None:
    """A geometry comes back from its arrays as it was."""
    read = Geometry.from_arrays(geometry(9.21).arrays())
    assert (read.rows, read.limit) == (500, 9.21)
    for name, array in geometry(9.21).arrays().items():
        assert np.array_equal(read.arrays()[name], array), name
