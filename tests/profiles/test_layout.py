from __future__ import annotations

import json

import numpy as np
import pytest

from mlflow_exporter.domain import Kind, Role
from mlflow_exporter.profiles.binning import numeric_edges
from mlflow_exporter.profiles.layout import CategoricalColumn, Column, Layout, NumericColumn, Values

INT64 = np.iinfo(np.int64)


def numeric(name: str, values: Values, kind: Kind = Kind.FLOAT, *, discrete: bool = False) -> NumericColumn:
    return NumericColumn(Role.FEATURE, name, kind, numeric_edges(values), discrete)


COLUMNS: list[Column] = [
    CategoricalColumn(Role.FEATURE, "city", ("Zürich", "", "東京", "🎈")),
    numeric("tenth", np.array([0.1, 0.2, 0.30000000000000004, np.finfo(float).max, 5e-324])),
    numeric("big", np.array([INT64.min, 2**53 + 1, INT64.max]), Kind.INTEGER, discrete=True),
    CategoricalColumn(Role.LABEL, "label", ("0", "1"), other=True),
    numeric("empty", np.zeros(0)),
]


def test_numeric_columns_come_first() -> None:
    """Columns are ordered numeric first, and each is found at its place."""
    layout = Layout(COLUMNS)
    assert [column.name for column in layout.columns] == ["tenth", "big", "empty", "city", "label"]
    assert all(layout.columns[i].name == name for (_, name), i in layout.position.items())
    assert layout.numeric_starts.tolist() == np.cumsum([0, *(column.cells for column in layout.numeric)]).tolist()
    assert layout.categorical_starts.tolist() == [0, 5, 8]


def test_json_keeps_every_bit() -> None:
    """A layout survives JSON with its digest and its very edges, flags and categories."""
    layout = Layout(COLUMNS)
    read = Layout.from_json(json.loads(json.dumps(layout.to_json())))
    assert read.digest == layout.digest
    for a, b in zip(read.numeric, layout.numeric, strict=True):
        assert (a.role, a.name, a.kind, a.discrete, a.edges.dtype) == (
            b.role,
            b.name,
            b.kind,
            b.discrete,
            b.edges.dtype,
        )
        assert a.edges.tobytes() == b.edges.tobytes()
    assert read.categorical[0].categories == ("Zürich", "", "東京", "🎈")
    assert [column.other for column in read.categorical] == [False, True]


@pytest.mark.parametrize(
    "other",
    (
        COLUMNS[:-1],
        [*COLUMNS[:-1], numeric("empty", np.ones(1))],
        [CategoricalColumn(Role.FEATURE, "city", ("Zürich",)), *COLUMNS[1:]],
        [CategoricalColumn(Role.LABEL, "city", ("Zürich", "", "東京", "🎈")), *COLUMNS[1:]],
    ),
    ids=("fewer columns", "other edges", "other categories", "other role"),
)
def test_digest_tells_layouts_apart(other: list[Column]) -> None:
    """Layouts whose profiles do not add up have different digests."""
    assert Layout(other).digest != Layout(COLUMNS).digest


@pytest.mark.parametrize(
    ("values", "outer"),
    (
        (np.array([1, 5]), (0, 4)),
        (np.array([1.5]), (0, 2)),
        (np.array([1, INT64.max]), (0,)),
        (np.zeros(0), ()),
    ),
    ids=("integers", "floats", "largest integer", "no values"),
)
def test_outer_bins_hold_what_is_outside_the_baseline(values: Values, outer: tuple[int, ...]) -> None:
    """The open bins are outside the baseline's range, but not the last one where nothing is larger."""
    assert numeric("x", values).outer_bins == outer


def test_a_layout_without_columns() -> None:
    """No columns have no cells."""
    layout = Layout([])
    assert (layout.columns, layout.numeric_starts.tolist(), layout.categorical_starts.tolist()) == ((), [0], [0])
