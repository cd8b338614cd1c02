from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlflow_exporter.instrument.inputs import Inputs, Opaque, read_inputs
from mlflow_exporter.instrument.values import as_list

ROWS = [{"age": 44, "region": "north"}, {"age": 31, "region": "south"}]
FRAME = pd.DataFrame(ROWS)


class Model:
    """What pydantic's models look like."""

    def __init__(self, **values: Any) -> None:
        self.values = values

    def model_dump(self) -> dict[str, Any]:
        return self.values


KINDS = {
    "list of dictionaries": ROWS,
    "tuple of dictionaries": tuple(ROWS),
    "list of models": [Model(**row) for row in ROWS],
    "list of lists": [[44, "north"], [31, "south"]],
    "list of tuples": [(44, "north"), (31, "south")],
    "list of arrays": [np.array(list(row.values()), dtype=object) for row in ROWS],
    "dictionary of lists": {"age": [44, 31], "region": ["north", "south"]},
    "dictionary of arrays": {"age": np.array([44, 31]), "region": np.array(["north", "south"])},
    "array": np.array([[44, "north"], [31, "south"]], dtype=object),
    "data frame": FRAME,
    "data frame with another index": FRAME.set_index(pd.Index([7, 3])),
    "arrow table": pa.Table.from_pandas(FRAME),
    "arrow batch": pa.RecordBatch.from_pandas(FRAME),
}
SINGLE = {
    "dictionary": {"age": 44, "region": "north"},
    "model": Model(age=44, region="north"),
    "list": [44, "north"],
    "array": np.array([44, "north"], dtype=object),
    "a dictionary with a vector": {"age": 44, "region": "north", "vector": [1, 2]},
}


def rows_of(inputs: Inputs) -> list[dict[str, Any]]:
    """The rows, put together from the columns."""
    names, columns = zip(*((name, as_list(values)) for name, values in inputs.columns()), strict=True)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


@pytest.fixture(params=KINDS.values(), ids=list(KINDS))
def given(request: pytest.FixtureRequest) -> Any:
    """The same two rows in every form."""
    return request.param


def test_every_form_has_the_same_rows(given: Any) -> None:
    """Rows come out by column, whatever they came in as."""
    inputs = read_inputs(given, ["age", "region"])
    assert inputs.rows == 2
    assert rows_of(inputs) == ROWS


def test_every_form_has_the_same_columns(given: Any) -> None:
    """Columns come out whole, in their order."""
    columns = [(name, list(values)) for name, values in read_inputs(given, ["age", "region"]).columns()]
    assert columns == [("age", [44, 31]), ("region", ["north", "south"])]


def test_a_copy_is_the_same(given: Any) -> None:
    """Copying changes nothing."""
    assert rows_of(read_inputs(given, ["age", "region"]).copied()) == ROWS


@pytest.mark.parametrize("given", SINGLE.values(), ids=SINGLE.keys())
def test_one_row_is_one_row(given: Any) -> None:
    """A mapping of values, a list or a vector is one row."""
    inputs = read_inputs(given, ["age", "region"])
    assert inputs.rows == 1
    (row,) = rows_of(inputs)
    assert (row["age"], row["region"]) == (44, "north")


def test_a_copy_outlives_what_becomes_of_the_original() -> None:
    """A model that scales its inputs in place, or a server that uses its buffers again, changes no logged row."""
    array, frame, row = np.ones((2, 2)), pd.DataFrame({"a": [1.0, 1.0]}), {"a": 1.0}
    copies = [read_inputs(given).copied() for given in (array, frame, row)]
    array *= 9
    frame.loc[:, "a"] = 9.0
    row["a"] = 9.0
    assert [set(rows_of(copy)[0].values()) for copy in copies] == [{1.0}, {1.0}, {1.0}]


def test_columns_without_a_name_are_numbered() -> None:
    """Names are for the first columns, the others tell their place."""
    assert rows_of(read_inputs(np.array([[1, 2, 3]]), ["a"])) == [{"a": 1, "feature_1": 2, "feature_2": 3}]


def test_a_frame_with_one_name_twice_is_read() -> None:
    """Both columns have their values."""
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert [(name, list(values)) for name, values in read_inputs(frame).columns()] == [("a", [1]), ("a", [2])]


@pytest.mark.parametrize(("given", "rows"), (("a text", 1), (b"bytes", 1), (None, 1), (object(), 1), ([], 0), ({}, 1)))
def test_what_has_no_columns_is_opaque(given: Any, rows: int) -> None:
    """A text or a request object is a row of which nothing is known."""
    inputs = read_inputs(given)
    assert isinstance(inputs, Opaque)
    assert inputs.rows == rows
    assert list(inputs.columns()) == []


def test_texts_and_images_are_a_row_each() -> None:
    """A list of prompts and a stack of pictures are as many rows, without columns."""
    assert read_inputs(["one prompt", "another"]).rows == 2
    assert read_inputs(np.zeros((5, 8, 8))).rows == 5


@pytest.mark.parametrize(
    "rows",
    (
        [{"a": 1, "b": 2}, {"b": 4, "a": 3}],
        [{"a": 1, "b": 2}, {"a": 3}],
        [{"a": 1}, {"b": 4}],
        [{"a": 1, "b": 2}, {"a": 3, "c": 4}],
        [defaultdict(int, a=1, b=2), defaultdict(int, b=4, a=3)],
    ),
)
def test_dictionaries_are_transposed_by_name(rows: list[dict[str, int]]) -> None:
    """Whatever the order of their keys; a key that one has not is None, and nothing is added to it."""
    before = [dict(row) for row in rows]
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: list(values) for name, values in read_inputs(rows).columns()}
    assert columns == {name: [row.get(name) for row in rows] for name in names}
    assert [dict(row) for row in rows] == before
