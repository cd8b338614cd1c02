"""Frames of plain documents, beside those of MLflow's own parser."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mlflow.pyfunc import scoring_server
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from mlflow.types.schema import Array

from mlflow_exporter.serving.frames import MOST_ROWS, plain_frame

TYPES = ("double", "long", "integer", "boolean", "string", "float", "datetime", "binary")
NAMES = ("age", "größe", "region", "")
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "double": st.floats() | st.integers(-(2**54), 2**54),
    "long": st.integers(-(2**64), 2**64),
    "integer": st.integers(-(2**32), 2**32),
    "boolean": st.booleans(),
    "string": st.text(),
    "float": st.floats(width=32),
    "datetime": st.just("2026-01-01T00:00:00"),
    "binary": st.just("aGk="),
}
ANYTHING = st.none() | st.booleans() | st.floats() | st.integers(-(2**70), 2**70) | st.text() | st.lists(st.integers())


@st.composite
def tables(draw: st.DrawFn) -> tuple[Schema, list[str], list[list[Any]]]:
    """A signature, and names and rows that fit it, mostly."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    types = [draw(st.sampled_from(TYPES)) for _ in names]
    row = st.tuples(*(PLAIN[kind] | ANYTHING if draw(st.integers(0, 5)) == 0 else PLAIN[kind] for kind in types))
    rows = [list(row) for row in draw(st.lists(row, max_size=3))]
    schema = Schema([ColSpec(kind, name) for kind, name in zip(types, names, strict=True)])
    sent = names if draw(st.booleans()) else draw(st.permutations([*NAMES]))[: len(names)]
    return schema, sent, rows


def check(document: dict[str, Any], schema: Schema, *, is_plain: bool = False) -> None:
    ours = plain_frame(document, schema)
    assert ours is not None or not is_plain
    if ours is not None:
        theirs = scoring_server.infer_and_parse_data(document, schema)
        pd.testing.assert_frame_equal(
            ours, theirs, check_exact=True, check_column_type="exact", check_index_type="exact"
        )


@settings(deadline=None, max_examples=300)
@given(tables())
@example((Schema([ColSpec("double", "age")]), ["age"], [[2**53 + 1], [0.5]]))
@example((Schema([ColSpec("string", "region")]), ["region"], [["\ud800"]]))
@example((Schema([ColSpec("double", "age")]), ["age", "age"], [[1, 2]]))
@example((Schema([ColSpec("double", "age")]), ["age"], [[]]))
@example((Schema([ColSpec("double", "age"), ColSpec("integer", "")]), ["age", ""], [[0.5, 1]]))
def test_a_frame_is_the_one_that_mlflow_makes(table: tuple[Schema, list[str], list[list[Any]]]) -> None:
    """Where there is a frame of ours, MLflow's parser makes the same one: values, types, index and names."""
    schema, names, rows = table
    check({"dataframe_split": {"columns": names, "data": rows}}, schema)
    if all(len(row) == len(names) for row in rows):
        check({"dataframe_records": [dict(zip(names, row, strict=True)) for row in rows]}, schema)


@pytest.mark.parametrize("kind", ("double", "long", "integer", "boolean", "string"))
@pytest.mark.parametrize("form", ("dataframe_split", "dataframe_records"))
def test_plain_columns_have_a_frame(form: str, kind: str) -> None:
    """Each type that JSON has is plain, in both forms, also beside columns that are missing."""
    value = {"double": 1.5, "long": 2, "integer": 3, "boolean": True, "string": "é"}[kind]
    split = {"columns": ["x"], "data": [[value], [value]]}
    document = {form: split if form == "dataframe_split" else [{"x": value}] * 2}
    check(document, Schema([ColSpec(kind, "x"), ColSpec("double", "y", required=False)]), is_plain=True)


@pytest.mark.parametrize(
    "document",
    (
        {"dataframe_split": {"columns": ["x"], "data": [[None]]}},
        {"dataframe_split": {"columns": ["x"], "data": [[True]]}},
        {"dataframe_split": {"columns": ["x"], "data": [["1"]]}},
        {"dataframe_split": {"columns": ["x"], "data": [[1, 2]]}},
        {"dataframe_split": {"columns": ["x", "more"], "data": [[1, 2]]}},
        {"dataframe_split": {"columns": ["x"], "data": []}},
        {"dataframe_split": {"columns": ["x"], "data": [[1]], "index": [7]}},
        {"dataframe_split": {"columns": "x", "data": [[1]]}},
        {"dataframe_split": {"columns": [1], "data": [[1]]}},
        {"dataframe_split": {"columns": [["x"]], "data": [[1]]}},
        {"dataframe_split": {"columns": ["x"], "data": [[1]] * (MOST_ROWS + 1)}},
        {"dataframe_split": [[1]]},
        {"dataframe_records": {"x": 1}},
        {"dataframe_records": [{"x": 1}, {}]},
        {"dataframe_records": [{}]},
        {"dataframe_records": [1]},
        {"inputs": {"x": [1]}},
        {"instances": [{"x": 1}]},
    ),
)
def test_anything_else_is_left_to_mlflow(document: dict[str, Any]) -> None:
    """What needs a conversion, is refused, or is of another form has no frame here."""
    assert plain_frame(document, Schema([ColSpec("double", "x")])) is None


def test_a_model_without_names_is_left_to_mlflow() -> None:
    """Without a signature, or with one of tensors or of columns without names, nothing says what is plain."""
    document = {"dataframe_records": [{"x": 1}]}
    for schema in (
        None,
        Schema([ColSpec(DataType.double)]),
        Schema([TensorSpec(np.dtype("float64"), (-1,), "x")]),
        Schema([ColSpec(Array(DataType.double), "x")]),
    ):
        assert plain_frame(document, schema) is None
