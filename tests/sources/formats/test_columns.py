from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from mlflow_exporter.sources.formats.columns import DICTIONARY, conform, encode, ignored, is_text, wanted


def text(*values: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, pa.string())])


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    (
        (("1", " 2 ", None), pa.int64(), pa.int64()),
        (("1", "2.0"), pa.int64(), pa.string()),
        (("1", "inf", "nan"), pa.float64(), pa.float64()),
        (("", "1"), pa.float64(), pa.string()),
        (("true", "False"), pa.bool_(), pa.bool_()),
        (("2024-01-01", "2024-01-01T01:00:00.5"), pa.timestamp("us"), pa.timestamp("us")),
        (("2024-01-01T00:00:00Z",), pa.timestamp("us"), pa.timestamp("us", "UTC")),
        (("2024-01-01", "2024-01-01T00:00:00Z"), pa.timestamp("us"), pa.string()),
        (("1", "2"), pa.string(), pa.string()),
        (("1", "2"), None, pa.int64()),
        (("1", "2.5"), None, pa.float64()),
        (("true", "false"), None, pa.bool_()),
        (("2024-01-01", "2024-02-01"), None, pa.timestamp("us")),
        (("1", "b"), None, pa.string()),
        ((None, None), None, pa.string()),
        ((None, None), pa.float64(), pa.float64()),
        ((), pa.float64(), pa.float64()),
    ),
)
def test_text_takes_the_type_that_every_value_fits(values: tuple[Any, ...], kind: Any, expected: pa.DataType) -> None:
    """Text becomes the type asked for, or the narrowest that fits, where all values do, and else stays what it is."""
    fitted = conform(text(*values), kind)
    assert fitted.type == expected
    assert fitted.null_count == list(values).count(None)
    if expected == pa.string():
        assert fitted.to_pylist() == list(values)


def test_columns_of_text_share_one_dictionary() -> None:
    """Chunks of a column of text get one dictionary; a column that was asked for as it is stays as it is."""
    column = pa.chunked_array([["a", "b"], ["b", "c"]])
    table = encode(
        pa.table({"s": column, "raw": column, "x": [1, 2, 3, 4]}), {"s": pa.string(), "raw": None, "x": None}
    )
    assert table.schema.types == [DICTIONARY, pa.string(), pa.int64()]
    assert [chunk.dictionary.to_pylist() for chunk in table["s"].chunks] == [["a", "b", "c"]] * 2
    assert table["s"].to_pylist() == ["a", "b", "b", "c"]


@pytest.mark.parametrize("kind", (pa.string(), pa.large_string(), pa.string_view(), DICTIONARY))
def test_every_kind_of_text_is_text(kind: pa.DataType) -> None:
    """Text is known however Arrow stores it."""
    assert is_text(kind)
    assert not is_text(pa.dictionary(pa.int8(), pa.int64()))


def test_columns_are_those_asked_for_or_all() -> None:
    """The columns asked for are read in the file's order, each once; without any, all."""
    names = ["b", "a", "b", "c"]
    assert wanted(names, {"a": None, "b": None, "z": None}) == ["b", "a"]
    assert ignored(names, {"a": None, "b": None, "z": None}) == ("c",)
    assert wanted(names, {}) == ["b", "a", "c"]
    assert ignored(names, {}) == ()
