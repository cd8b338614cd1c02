from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest

from mlflow_exporter.errors import ColumnMissing
from mlflow_exporter.sources.source import Chunk


def chunk() -> Chunk:
    table = pa.table({"a": [1, 2], "b": ["x", "y"]})
    return Chunk("log.csv, lines 2–3", "log.csv", {}, 0, 2, table.schema, table.select, ignored=("agee",))


def test_reads_the_columns_asked_for_in_their_order() -> None:
    """A chunk gives the columns that are asked for, in the order of the question."""
    assert chunk().read(["b", "a"]).to_pydict() == {"b": ["x", "y"], "a": [1, 2]}


def test_missing_column_names_place_and_what_there_is() -> None:
    """Asking for a column that is not there says where it was looked for and what is there instead."""
    with pytest.raises(ColumnMissing) as caught:
        chunk().read(["a", "age"])
    assert str(caught.value) == "log.csv, lines 2–3: has no column 'age'; its columns are 'a', 'b', 'agee'"


def test_rows_in_memory_are_read_once() -> None:
    """Columns that were read in one go come from memory, in any order, and others are refused."""
    reads: list[list[str]] = []
    table = pa.table({"a": [1, 2], "b": ["x", "y"]})

    def load(columns: Sequence[str]) -> pa.Table:
        reads.append(list(columns))
        return table.select(list(columns))

    chunk = Chunk("log.csv, lines 2–3", "log.csv", {}, 0, 2, table.schema, load).in_memory(["b", "a"])
    assert chunk.read(["a"]).to_pydict() == {"a": [1, 2]}
    assert chunk.read(["b", "a"]).column_names == ["b", "a"]
    assert reads == [["b", "a"]]
    assert chunk.in_memory(["a"]).names == ("a",)
