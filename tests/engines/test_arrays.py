from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlflow_exporter.engines.arrays import as_numpy, is_text, one_array

COLUMNS: dict[str, tuple[pa.ChunkedArray | pa.Array, list[str | None]]] = {
    "an array": (pa.array(["a"]), ["a"]),
    "no chunk": (pa.chunked_array([], pa.string()), []),
    "two chunks": (pa.chunked_array([["a"], ["b", None]]), ["a", "b", None]),
    "two dictionaries": (
        pa.chunked_array([pa.array(["a"]).dictionary_encode(), pa.array(["b", "a"]).dictionary_encode()]),
        ["a", "b", "a"],
    ),
    "a dictionary with null": (
        pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["a", None]))] * 2),
        ["a", None, "a", None],
    ),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_chunks_become_one_array(name: str) -> None:
    """A column's chunks are one array of the same values, whatever dictionaries they have."""
    column, expected = COLUMNS[name]
    assert one_array(column).to_pylist() == expected


def test_types_of_text() -> None:
    """Every string type is text; bytes are not."""
    assert [is_text(kind) for kind in (pa.string(), pa.large_string(), pa.string_view())] == [True] * 3
    assert not is_text(pa.binary())


NUMBERS: dict[str, pa.Array] = {
    "floats": pa.array([1.5, None, -0.0, 2.0]),
    "single floats": pa.array([1.5, None, 2.0], pa.float32()),
    "half floats": pa.array(np.array([1.5, 2.0], np.float16)),
    "integers": pa.array([2**63 - 1, None, -(2**63)]),
    "unsigned": pa.array([2**64 - 1, None], pa.uint64()),
    "bytes": pa.array([1, None, -1], pa.int8()),
    "truths": pa.array([True, None, False] * 5),
    "nothing": pa.array([], pa.float64()),
    "only nulls": pa.array([None, None], pa.int64()),
}


@pytest.mark.parametrize("first", (0, 1))
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_as_arrow_has_them(name: str, first: int) -> None:
    """Values, and what stands where there is none, are those that Arrow itself gives; a slice has its own."""
    array = NUMBERS[name].slice(first)
    filled = as_numpy(array, absent=0)
    expected = array.fill_null(False if pa.types.is_boolean(array.type) else 0).to_numpy(zero_copy_only=False)
    assert filled.dtype == expected.dtype
    assert filled.tolist() == expected.tolist()


COUNT_A_FILE = """
import sys
import pyarrow.parquet as pq
from mlflow_exporter.domain import Kind
from mlflow_exporter.engines.categories import categories, positions_in
from mlflow_exporter.engines.values import numbers
table = pq.ParquetFile(sys.argv[1]).read()
assert numbers(table["x"], Kind.FLOAT).state.tolist() == [0, 1]
read = categories(table["c"])
assert read.codes.tolist() == [0, -1]
assert positions_in(("b", "a"), read.names).tolist() == [1]
print("pandas" in sys.modules)
"""


def test_pandas_is_not_imported(tmp_path: Path) -> None:
    """Columns become numbers and categories without pandas, which takes long to import."""
    pq.write_table(pa.table({"x": [1.0, None], "c": ["a", None]}), tmp_path / "rows.parquet")
    command = [sys.executable, "-c", COUNT_A_FILE, str(tmp_path / "rows.parquet")]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == "False"
