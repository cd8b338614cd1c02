"""Profiles of rows given column by column."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pytest

from mlflow_exporter.domain import Kind, Role
from mlflow_exporter.profiles.binning import is_discrete, numeric_edges
from mlflow_exporter.profiles.counting import count_categories, count_numbers
from mlflow_exporter.profiles.layout import CategoricalColumn, Layout, NumericColumn, Values
from mlflow_exporter.profiles.profile import Profile

KNOWN = ("a", "b", "", "ü")
Make = Callable[..., Profile]


@pytest.fixture(scope="session")
def one_column() -> Callable[[Values], Layout]:
    """The layout of one numeric column whose baseline values are given."""

    def make(baseline: Values) -> Layout:
        kind = Kind.FLOAT if baseline.dtype == np.float64 else Kind.INTEGER
        return Layout([NumericColumn(Role.FEATURE, "x", kind, numeric_edges(baseline), is_discrete(baseline))])

    return make


@pytest.fixture(scope="session")
def layout() -> Layout:
    """A float, an integer and a categorical column."""
    rng = np.random.default_rng(0)
    return Layout(
        [
            NumericColumn(Role.FEATURE, "float", Kind.FLOAT, numeric_edges(rng.normal(size=1_000))),
            NumericColumn(Role.FEATURE, "integer", Kind.INTEGER, numeric_edges(np.arange(-5, 6)), discrete=True),
            CategoricalColumn(Role.FEATURE, "text", KNOWN),
        ]
    )


@pytest.fixture(scope="session")
def profile_of(layout: Layout) -> Make:
    """Call it with floats, integers and texts of as many rows for their profile."""

    def make(floats: Sequence[float], integers: Sequence[int], texts: Sequence[str]) -> Profile:
        profile = Profile.empty(layout)
        profile.rows = len(floats)
        count_numbers(profile, 0, np.array(floats, np.float64))
        count_numbers(profile, 1, np.array(integers, np.int64))
        names = pa.array(sorted(set(texts)), pa.string())
        codes = np.array([sorted(set(texts)).index(text) for text in texts], np.int64)
        known = [KNOWN.index(name) if name in KNOWN else len(KNOWN) for name in names.to_pylist()]
        count_categories(profile, 0, codes, names, np.array(known, np.int64))
        return profile

    return make
