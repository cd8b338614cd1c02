from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import Array, Map, Object, Property

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


@pytest.mark.parametrize(
    ("kind", "right", "wrong", "came"),
    (
        (DataType.integer, 1, 2**70, "a whole number"),
        (DataType.long, 1, 2**70, "a whole number"),
        (DataType.binary, "aGk=", "SECRET", "text"),
    ),
)
def test_a_value_of_the_right_kind_may_not_fit(kind: DataType, right: Any, wrong: Any, came: str) -> None:
    """Numbers that are too large, and text that is no base64."""
    rows = pd.DataFrame({"x": pd.Series([right, right, wrong, right], dtype=object)})
    said = f"column 'x': expected {kind.name}, row 2 is {came} that does not fit"
    assert input_mistakes(rows, Schema([ColSpec(kind, "x")])) == [said]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 200), st.integers(0, 200))
def test_the_first_row_that_does_not_fit_is_told(before: int, after: int) -> None:
    """Wherever it is, and whatever comes later."""
    rows = {"age": ["1.5"] * before + [[2]] + ["x"] * after, "visits": [1]}
    assert input_mistakes(rows, SCHEMA) == [f"column 'age': expected double, row {before} is a list"]


OBJECT = Object([Property("x", DataType.long), Property("y", DataType.string, required=False)])


@pytest.mark.parametrize(
    ("kind", "wrong", "came"),
    (
        (Array(DataType.double), None, "missing"),
        (Array(DataType.double), "SECRET", "text"),
        (Array(DataType.double), [1, "SECRET"], "a list that does not fit"),
        (Array(Array(DataType.long)), [[1], ["SECRET"]], "a list that does not fit"),
        (OBJECT, {"y": "SECRET"}, "an object that does not fit"),
        (OBJECT, {"x": 1, "SECRET": 5}, "an object that does not fit"),
        (OBJECT, 5, "a whole number"),
        (Map(DataType.double), {"SECRET": "SECRET"}, "an object that does not fit"),
    ),
)
def test_columns_of_lists_and_objects_are_told(kind: Any, wrong: Any, came: str) -> None:
    """The type that was expected and the row that has another one, without what is inside of it."""
    right: Any = [] if isinstance(kind, Array) else {"x": 1} if isinstance(kind, Object) else {}
    schema = Schema([ColSpec(kind, "nested"), ColSpec(DataType.double, "age")])
    rows = pd.DataFrame({"nested": [right, wrong], "age": [1.0, 2.0]})
    assert input_mistakes(rows, schema) == [f"column 'nested': expected {kind}, row 1 is {came}"]
    assert input_mistakes(rows[:1], schema) == []


def test_a_list_that_is_optional_may_be_missing() -> None:
    """The mistake is in the other column."""
    schema = Schema([ColSpec(Array(DataType.double), "nested", required=False), ColSpec(DataType.double, "age")])
    rows = pd.DataFrame({"nested": [None], "age": ["x"]})
    assert input_mistakes(rows, schema) == ["column 'age': expected double, row 0 is text"]


def test_a_column_that_comes_twice_is_told() -> None:
    """By name where the model knows it, and counted with its own place where columns have no names."""
    rows = pd.DataFrame([[1.0, 2, "SECRET", 3, 4]], columns=["age", "visits", "age", "else", "else"])
    assert "column 'age' comes 2 times" in input_mistakes(rows, SCHEMA)
    assert "SECRET" not in str(input_mistakes(rows, SCHEMA))
    schema = Schema([ColSpec(DataType.double), ColSpec(DataType.long), ColSpec(DataType.double)])
    assert input_mistakes(rows, schema) == ["column 2 (from 0): expected double, row 0 is text"]


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
