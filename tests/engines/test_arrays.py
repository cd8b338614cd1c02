from __future__ import annotations

import pyarrow as pa
import pytest

from mlflow_exporter.engines.arrays import is_text, one_array

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
