from __future__ import annotations

import uuid
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from mlflow_exporter.engines.categories import categories, positions_in

TABLE: dict[str, tuple[pa.Array, list[str | None]]] = {
    "null": (pa.nulls(2), [None, None]),
    "text": (pa.array(["ü", "", None, "東京"]), ["ü", "", None, "東京"]),
    "large text": (pa.array(["a"], pa.large_string()), ["a"]),
    "view": (pa.array(["a", None], pa.string_view()), ["a", None]),
    "integers": (pa.array([10**18 + 1, None]), ["1000000000000000001", None]),
    "uint64": (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
    "floats": (pa.array([1.0, -0.0, 0.1, np.nan, np.inf, 1e300]), ["1", "0", "0.1", None, "inf", "1e+300"]),
    "float16": (pa.array([1.5, None], pa.float16()), ["1.5", None]),
    "truth": (pa.array([True, False, None]), ["true", "false", None]),
    "decimals": (pa.array([Decimal("1.50"), Decimal("20.00")]), ["1.5", "20"]),
    "date": (pa.array([1], pa.date32()), ["1970-01-02"]),
    "timestamp": (pa.array([1], pa.timestamp("s")), ["1970-01-01 00:00:01"]),
    "binary": (pa.array(["größe".encode(), b"\xff", None]), ["größe", "b'\\xff'", None]),
    "large binary": (pa.array([b"north"], pa.large_binary()), ["north"]),
    "binary view": (pa.array([b"north"], pa.binary_view()), ["north"]),
    "dictionary of binary": (pa.array([b"north", None]).dictionary_encode(), ["north", None]),
    "fixed binary": (pa.array([b"\xff", b"N"], pa.binary(1)), ["b'\\xff'", "N"]),
    "list": (pa.array([[1, 2], None, [1, 2]]), ["[1, 2]", None, "[1, 2]"]),
    "uuid": (pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"\0" * 16], pa.binary(16))), [str(uuid.UUID(int=0))]),
    "dictionary with null": (
        pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.uint8()), pa.array(["a", None])),
        ["a", None, None],
    ),
    "dictionary of integers": (pa.array([7, 5, 7]).dictionary_encode(), ["7", "5", "7"]),
    "no rows": (pa.array([], pa.string()), []),
}


@pytest.mark.parametrize("name", TABLE)
def test_each_type_as_text(name: str) -> None:
    """A column of any Arrow type gives the text of each row, and none where a value is missing."""
    array, expected = TABLE[name]
    read = categories(array)
    names = read.names.to_pylist()
    assert [None if code < 0 else names[code] for code in read.codes] == expected


def test_chunks_with_dictionaries_of_their_own() -> None:
    """The codes of all chunks point into one list of names."""
    column = pa.chunked_array(
        [pa.array(["a", "b"]).dictionary_encode(), pa.array(["c", "a", None]).dictionary_encode()]
    )
    read = categories(column)
    names = read.names.to_pylist()
    assert [None if code < 0 else names[code] for code in read.codes] == ["a", "b", "c", "a", None]


@pytest.mark.parametrize(
    ("known", "names", "positions"),
    (
        (["0", "1"], ["0", "0.0", "false", "False", "1", "1.", "TRUE"], [0, 0, 0, 0, 1, 1, 1]),
        (["false", "true"], ["0", "1", "1.0", "True"], [0, 1, 1, 1]),
        (["1.0", "1"], ["1", "1.0", "1.00"], [1, 0, 0]),
        (["a", "ü"], ["A", " a ", "ü", ""], [2, 0, 1, 2]),
        (["01234"], ["1234", "01234"], [1, 0]),
        ([], ["a"], [0]),
        (["a"], [], []),
    ),
)
def test_the_same_category_written_in_another_way(known: list[str], names: list[str], positions: list[int]) -> None:
    """Whole numbers and truth are known however they are written; other text as it is, leading zeros included."""
    assert positions_in(known, pa.array(names, pa.string())).tolist() == positions
