from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mlflow_exporter.profiles.binning import (
    BODY_BINS,
    MOST_ATOMS,
    MOST_CATEGORIES,
    TOLERANCE,
    is_discrete,
    numeric_edges,
    top_categories,
)
from mlflow_exporter.profiles.layout import Values

RNG = np.random.default_rng(0)
INT64 = np.iinfo(np.int64)
COLUMNS: dict[str, Values] = {
    "normal": RNG.normal(size=20_000),
    "lognormal": RNG.lognormal(0, 2, 20_000),
    "t2": RNG.standard_t(2, 20_000),
    "cauchy": RNG.standard_cauchy(20_000),
    "1e300": RNG.normal(size=20_000) * 1e300,
    "rounded": RNG.normal(40, 10, 20_000).round(1),
    "half one value": np.where(RNG.random(20_000) < 0.5, 7.25, RNG.normal(size=20_000)),
    "few rows": RNG.normal(size=MOST_ATOMS + 1),
    "extremes of float": np.concatenate((RNG.normal(size=1_000), [-np.finfo(float).max, np.finfo(float).max])),
    "integers": RNG.integers(-1_000, 1_000, 20_000),
    "beyond 2^53": 2**60 + RNG.integers(0, 10**6, 20_000),
    "extremes of int64": np.concatenate((RNG.integers(INT64.min, INT64.max, 20_000), [INT64.min, INT64.max])),
}


def counted(values: Values, edges: Values) -> list[int]:
    """How many values are in each bin, one value at a time."""
    cells = [int((edges <= value).sum()) for value in values]
    return [cells.count(cell) for cell in range(len(edges) + 1)]


@pytest.mark.parametrize("name", COLUMNS)
def test_no_bin_holds_more_than_its_share(name: str) -> None:
    """A bin holds at most 1/240 of the baseline, rounded up, or a single value, whatever the ties and tails."""
    values = COLUMNS[name]
    edges = numeric_edges(values)
    cells = np.searchsorted(edges, values, side="right")
    for cell, count in enumerate(np.bincount(cells)):
        assert count <= math.ceil(len(values) / BODY_BINS) or len(np.unique(values[cells == cell])) == 1


@pytest.mark.parametrize("name", COLUMNS)
def test_edges_ascend_from_the_smallest_value_to_after_the_largest(name: str) -> None:
    """Edges are of the column's type, ascend strictly and leave no baseline value outside."""
    values = COLUMNS[name]
    edges = numeric_edges(values)
    assert edges.dtype == values.dtype
    assert (edges[1:] > edges[:-1]).all()
    assert (values >= edges[0]).all()
    assert ((values < edges[-1]) | (values == INT64.max)).all()
    if values.dtype == np.int64:
        assert (edges[0], edges[-1]) == (values.min(), min(int(values.max()) + 1, INT64.max))
    else:
        assert edges[0] == pytest.approx(values.min(), rel=1.01 * TOLERANCE)
        # Nothing finite is above the largest float.
        assert edges[-1] == (np.inf if "extremes" in name else pytest.approx(values.max(), rel=1.01 * TOLERANCE))
    assert len(edges) <= 4 * MOST_ATOMS


@pytest.mark.parametrize("name", ("cauchy", "t2", "lognormal"))
def test_tails_have_geometric_bins(name: str) -> None:
    """Beyond the 99.9% quantile each bin is half as wide as the next one further out."""
    values = COLUMNS[name]
    edges = numeric_edges(values)
    tail = np.diff(edges[edges > np.quantile(values, 0.9995)])[-5:-1]
    assert tail[1:] / tail[:-1] == pytest.approx(2, rel=1e-4)


def test_heavy_value_is_an_atom() -> None:
    """A value of more than one bin's mass has a bin to itself, which no neighbour of it enters."""
    values = COLUMNS["half one value"]
    edges = numeric_edges(values)
    cells = np.searchsorted(edges, values, side="right")
    assert set(values[cells == np.searchsorted(edges, 7.25, side="right")]) == {7.25}


@pytest.mark.parametrize("name", ("rounded", "half one value", "discrete"))
def test_a_value_keeps_its_bin_through_text_and_single_precision(name: str) -> None:
    """What a log of six digits, or a server of 32 bits, makes of a value is counted where the value is."""
    discrete = RNG.choice(RNG.normal(size=50), 5_000)
    values = {**COLUMNS, "discrete": discrete}[name]
    edges = numeric_edges(values)
    atoms, counts = np.unique(values, return_counts=True)
    atoms = atoms[(counts * BODY_BINS > len(values)) | (len(atoms) <= MOST_ATOMS)]
    cells = np.searchsorted(edges, atoms, side="right")
    assert len(atoms)
    for changed in (atoms.astype(np.float32).astype(np.float64), np.array([float(f"{atom:.6g}") for atom in atoms])):
        assert (np.searchsorted(edges, changed, side="right") == cells).all()


@given(arrays.arrays(np.int64, st.integers(0, 60)) | arrays.arrays(np.float64, 20, elements=st.floats(-1e9, 1e9)))
def test_few_distinct_values_have_a_bin_each(values: Values) -> None:
    """Every distinct value of a discrete column is alone in its bin, int64's extremes and one row included."""
    edges = numeric_edges(values)
    assert is_discrete(values) == (len(values) > 0)
    counts = [count for count in counted(values, edges) if count]
    assert sorted(counts) == sorted(np.unique(values, return_counts=True)[1].tolist())


def test_neighbours_beyond_floats_are_kept_apart() -> None:
    """2^53 and 2^53 + 1 are the same float64, and have bins of their own."""
    edges = numeric_edges(np.array([2**53, 2**53 + 1]))
    assert edges.tolist() == [2**53, 2**53 + 1, 2**53 + 2]


def test_no_values_have_no_edges() -> None:
    """A column that is all missing gets one bin for whatever comes."""
    assert numeric_edges(np.zeros(0)).tolist() == []
    assert not is_discrete(np.zeros(0))


def test_many_distinct_values_are_not_discrete() -> None:
    """One distinct value more than there are atoms, and bins hold ranges."""
    assert is_discrete(np.arange(MOST_ATOMS))
    assert not is_discrete(np.arange(MOST_ATOMS + 1))


def test_heaviest_thousand_categories_are_kept() -> None:
    """Of more than 1,000 categories the heaviest are listed, ties in the order of their names."""
    counts = Counter({f"c{i:04}": 2 if i >= 500 else 1 for i in range(2_000)})
    kept = top_categories(counts)
    assert kept == tuple(f"c{i:04}" for i in range(500, 500 + MOST_CATEGORIES))
