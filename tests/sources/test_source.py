from __future__ import annotations

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
