from __future__ import annotations

import math
import sys
from collections import Counter
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlflow_exporter.instrument.bins import ColumnBins
from mlflow_exporter.instrument.column_counts import WORTH_AN_ARRAY, counts_of

EDGES = (-1.0, 0.0, 2.5)
NUMBER = ColumnBins("x", ("a", "b", "c", "d", "missing", "other"), (0.25, 0.25, 0.25, 0.25, 0.0, 0.0), EDGES)
REGION = ColumnBins(
    "region", ("n", "1", "true", "missing", "other"), (0.5, 0.5, 0, 0, 0), categories=("n", "1", "true")
)
FLOATS = st.one_of(st.floats(), st.sampled_from([*EDGES, math.inf, -math.inf, math.nan]))
ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), FLOATS, st.text(max_size=2), st.just([1]))


def oracle(value: Any) -> str:
    """The bin of a number, by its definition."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "missing"
    if not isinstance(value, int | float) or math.isinf(value):
        return "other"
    return "abcd"[sum(edge <= value for edge in EDGES)]


def counted(column: ColumnBins, values: Any, *, many: bool) -> Counter[str]:
    counter = counts_of(column)
    if many:
        counter.add_many(values)
    else:
        for value in values:
            counter.add(value)
    return +Counter(dict(zip(column.names, counter.take(), strict=True)))


@settings(deadline=None)
@given(st.lists(ANYTHING, max_size=20))
def test_a_list_is_counted_as_its_values_are(values: list[Any]) -> None:
    """One by one or all at once, each value is in the bin that its definition says, whatever it is."""
    expected = Counter(map(oracle, values))
    assert counted(NUMBER, values, many=False) == counted(NUMBER, values, many=True) == expected


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.booleans(), st.integers(-5, 5), FLOATS), min_size=2 * WORTH_AN_ARRAY),
    st.one_of(st.none(), ANYTHING),
    st.booleans(),
)
def test_a_long_list_is_counted_as_its_values_are(values: list[Any], odd: Any, has_numpy: bool) -> None:
    """With NumPy or without, and where one value is none of a number."""
    values.append(odd)
    modules = {**sys.modules, "numpy": np} if has_numpy else {k: v for k, v in sys.modules.items() if k != "numpy"}
    with mock.patch.object(sys, "modules", modules):
        found = counted(NUMBER, values, many=True)
    assert found == Counter(map(oracle, values))


@settings(deadline=None)
@given(st.lists(FLOATS, max_size=20), st.sampled_from([np.float64, np.float32]))
def test_an_array_is_counted_as_its_values_are(values: list[float], kind: Any) -> None:
    """NaN and the infinities included, and the array stays as it was."""
    with np.errstate(over="ignore"):
        array = np.array(values, kind)
    before = array.copy()
    assert counted(NUMBER, array, many=True) == Counter(map(oracle, array.tolist()))
    assert np.array_equal(array, before, equal_nan=True)


@pytest.mark.parametrize(
    "values",
    (
        np.array([-5, 0, 1, 9]),
        np.array([0, 1, 200], np.uint8),
        np.array([True, False]),
        np.array([1.0, None, "x"], dtype=object),
        pd.Series([1, None, 3], dtype="Int64").to_numpy(),
        np.array(["a", "b"]),
        np.array([-1, 3])[::-1],
    ),
    ids=lambda values: str(values.dtype),
)
def test_arrays_of_any_type_are_counted(values: Any) -> None:
    """Integers, switches, objects and text."""
    expected = Counter(oracle(None if value is pd.NA else value) for value in values.tolist())
    assert counted(NUMBER, values, many=True) == expected


def test_categories_are_counted_by_their_text() -> None:
    """A code that comes as a number is the category that is spelt like it; what the baseline has not is other."""
    values = ["n", 1, 1.0, True, np.bool_(True), None, math.nan, pd.NA, "x", [2], 7]
    expected = {"n": 1, "1": 2, "true": 2, "missing": 3, "other": 3}
    assert counted(REGION, values, many=False) == expected
    assert counted(REGION, values, many=True) == expected
