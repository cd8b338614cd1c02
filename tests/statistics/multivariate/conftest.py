"""Clouds of encoded rows, their geometry and windows of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest

from mlflow_exporter.profiles.encoding import Encoding
from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.profiles.joint import Codes, JointTally
from mlflow_exporter.statistics.multivariate.fitting import fit

Cloud: TypeAlias = Callable[..., Codes]


def normal(rows: int, width: int, seed: int, correlation: float = 0.8) -> Codes:
    """(width, rows) standard normal codes, the second one correlated with the first."""
    codes = np.random.default_rng(seed).normal(size=(width, rows))
    codes[1] = correlation * codes[0] + np.sqrt(1 - correlation**2) * codes[1]
    return codes.astype(np.float32)


@pytest.fixture(scope="session")
def cloud() -> Cloud:
    """`cloud(rows, width, seed, correlation)`: encoded rows of which the first two columns are correlated."""
    return normal


@pytest.fixture(scope="session")
def geometry_of() -> Callable[..., Geometry]:
    """The geometry of encoded rows (D, m), with a sample."""

    def make(codes: Codes) -> Geometry:
        width = len(codes)
        encoding = Encoding(np.arange(width), np.zeros(width), np.ones(width), np.zeros(0))
        geometry = fit(codes, encoding, sampled=True)
        assert geometry is not None
        return geometry

    return make


@pytest.fixture(scope="session")
def window_of() -> Callable[..., JointTally]:
    """The tally of encoded rows (D, n), with a sample."""

    def make(codes: Codes) -> JointTally:
        keys = np.random.default_rng(codes.shape[1]).integers(0, 2**64, codes.shape[1], np.uint64)
        return JointTally.of(codes, 0, keys)

    return make
