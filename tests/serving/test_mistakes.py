from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec

from mlflow_exporter.serving.mistakes import input_mistakes, param_mistakes

SCHEMA = Schema(
    [
        ColSpec(DataType.double, "age"),
        ColSpec(DataType.long, "visits"),
        ColSpec(DataType.datetime, "since", required=False),
    ]
)


@pytest.mark.parametrize(
    ("rows", "said"),
    (
        ({"age": [1.0], "visits": [2]}, []),
        ({"age": [1.0]}, ["column 'visits' is missing"]),
        ({"age": [1.0], "visit": [2]}, ["column 'visits' is missing", "the model does not know 'visit'"]),
        ({"age": [1, "x", 3], "visits": [1, 2, 3]}, ["column 'age': expected double, row 1 is text"]),
        ({"age": ["1.5", [2]], "visits": [1, 2]}, ["column 'age': expected double, row 1 is a list"]),
        ({"age": [1.0, 2.0], "visits": [1, None]}, ["column 'visits': expected long, row 1 is missing"]),
        ({"age": [1.0], "visits": [1], "since": ["soon"]}, ["column 'since': expected datetime, row 0 is text"]),
        ({"age": [1.0], "visits": [1], "since": ["2026-01-31"]}, []),
        (
            {"age": ["x"], "visits": ["y"]},
            ["column 'age': expected double, row 0 is text", "column 'visits': expected long, row 0 is text"],
        ),
    ),
)
def test_each_column_that_does_not_fit_is_told(rows: Any, said: list[str]) -> None:
    """Which column, what was expected, and in which row something else came first."""
    assert input_mistakes(rows, SCHEMA) == said
    if all(len(values) == len(rows["age"]) for values in rows.values()):
        assert input_mistakes(pd.DataFrame(rows, dtype=object), SCHEMA) == said


@given(st.text(st.characters(categories=["L"]), min_size=12), st.sampled_from(["age", "visits", "since"]))
def test_no_value_is_ever_told(value: str, column: str) -> None:
    """Whatever text is sent in place of a number or a time, the mistake does not repeat it."""
    rows = {"age": [1.0], "visits": [1], "since": ["2026-01-31"], column: [value]}
    [said] = input_mistakes(rows, SCHEMA)
    assert value not in said


def test_names_that_may_be_values_are_counted() -> None:
    """Where a name may be a value, unknown columns are counted, and what the model knows is told."""
    rows = pd.DataFrame({"SECRET": [1.0], "age": [1.0], "4111-1111": [2]})
    assert input_mistakes(rows, SCHEMA, with_names=False) == [
        "column 'visits' is missing",
        "the model does not know 2 of the 3 columns that the first row names; it knows 'age', 'visits', 'since'",
    ]


def test_columns_without_names_are_told_by_position() -> None:
    """Too few columns are counted, a wrong one is numbered."""
    schema = Schema([ColSpec(DataType.double), ColSpec(DataType.long)])
    assert input_mistakes([[1.0]], schema) == ["expected 2 columns, got 1"]
    assert input_mistakes([[1.0, "x"]], schema) == ["column 1 (from 0): expected long, row 0 is text"]


def test_tensors_are_told_by_shape() -> None:
    """The expected and the given type and shape."""
    schema = Schema([TensorSpec(np.dtype("float64"), (-1, 4))])
    [said] = input_mistakes([[1.0, 2.0]], schema)
    assert "(-1, 4)" in said
    assert said.endswith("got float64 of shape (1, 2)")
    assert "lists of different lengths" in input_mistakes([[1.0], [1.0, 2.0]], schema)[0]


def test_parameters_are_told_by_name() -> None:
    """A parameter of the wrong type is named, without its value."""
    schema = ParamSchema([ParamSpec("factor", DataType.long, 2), ParamSpec("name", DataType.string, "a")])
    assert param_mistakes({"factor": "secret", "name": "b"}, schema) == ["parameter 'factor': expected long, got text"]
    assert param_mistakes({"factor": 3, "unknown": 1}, schema) == []
    assert param_mistakes([1], schema) == ["params: expected an object of names and values"]
    assert param_mistakes(None, schema) == param_mistakes({"a": 1}, None) == []
