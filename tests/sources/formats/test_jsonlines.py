from __future__ import annotations

import json
import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlflow_exporter.domain import Rejection
from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats.jsonlines import open_parser
from mlflow_exporter.sources.formats.lines import Parsed
from mlflow_exporter.sources.source import Types

TYPES: Types = {"id": pa.int64(), "x": pa.float64(), "s": pa.string()}


def parse(block: bytes, types: Types = TYPES) -> Parsed:
    return open_parser("log.jsonl", block, types).parse(block, 1)


@pytest.mark.parametrize(
    ("line", "what", "reason"),
    (
        (b'{"id": 9', "is not JSON (Expecting ',' delimiter at character 9)", "malformed"),
        (b'{"id": 9} {"id": 9}', "is not JSON (Extra data at character 11)", "malformed"),
        (b"[1, 2]", "is not a JSON object", "malformed"),
        (b"null", "is not a JSON object", "malformed"),
        (b'"text"', "is not a JSON object", "malformed"),
        (b'{"s": "\xff"}', "is not UTF-8", "encoding"),
        (b'{"s": "\0"}', "has a NUL byte in it", "malformed"),
        (b'{"s": "\\ud800"}', "is not text (it has half of a surrogate pair)", "malformed"),
        (b'{"s": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "is not JSON with at most 500 brackets open", "malformed"),
    ),
)
@pytest.mark.parametrize("before", (0, 2))
def test_faulty_line_is_rejected_alone(line: bytes, what: str, reason: str, before: int) -> None:
    """A faulty line is left out and told with its number; every other line is a row."""
    good = b'{"id": 1, "x": 2, "s": "a"}\n'
    block = good * before + line + b"\n" + good
    parsed = open_parser("log.jsonl", good, TYPES).parse(block, 1)
    assert parsed.table.to_pylist() == [{"id": 1, "x": 2.0, "s": "a"}] * (before + 1)
    assert parsed.rejections == (Rejection(reason, 1, f"log.jsonl, line {1 + before}: {what}"),)


def test_keys_that_some_lines_leave_out_are_null() -> None:
    """A key that a line has not is a missing value; a key that no line has is no column."""
    parsed = parse(b'{"id": 1}\n{"x": 2.5}\n\n{}\n')
    assert parsed.table.to_pylist() == [{"id": 1, "x": None}, {"id": None, "x": 2.5}, {"id": None, "x": None}]
    assert not parsed.rejections


@pytest.mark.parametrize("broken", (b"", b"{\n"))
def test_key_that_is_always_null_is_a_column(broken: bytes) -> None:
    """A column that only has nulls is there, whether its name is escaped or not."""
    for key in ('"é"', '"\\u00e9"'):
        block = f'{{"id": 1, {key}: null}}\n'.encode() + broken
        assert parse(block, {"id": pa.int64(), "é": pa.float64(), "gone": pa.float64()}).table.column_names == [
            "id",
            "é",
        ]


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    (
        ('"2"', "id", ["1", "2"]),
        ("2.0", "id", [1, 2]),
        ("2.5", "id", ["1", "2.5"]),
        ("true", "id", ["1", "true"]),
        ("9223372036854775808", "id", ["1", "9223372036854775808"]),
        ('"abc"', "x", ["1", "abc"]),
        ("9007199254740993", "id", [1, 9007199254740993]),
        ("7", "s", ["1", "7"]),
        ("[1, 2]", "s", ["1", "[1, 2]"]),
        ('{"a": 1}', "x", ["1", '{"a": 1}']),
        ('"2024-01-01T00:00:00Z"', "s", ["1", "2024-01-01T00:00:00Z"]),
    ),
)
def test_column_with_a_wrong_value_is_text(value: str, name: str, expected: list[Any]) -> None:
    """A value that does not fit makes its column text, of which nothing is lost; 2.0 is the integer 2."""
    first = '"1"' if name == "s" else "1"
    parsed = parse(f'{{"{name}": {first}}}\n{{"{name}": {value}}}\n'.encode())
    values = parsed.table[name].to_pylist()
    assert values in (expected, [int(v) if str(v).isdigit() and name == "id" else v for v in expected])
    assert not parsed.rejections


def test_all_values_of_another_type() -> None:
    """A column that changed its type as a whole is read without a look at every line, to the same effect."""
    parsed = parse(b'{"id": 1.5, "x": "a", "s": 1}\n{"id": 2.5, "x": "b", "s": 2}\n')
    assert parsed.table.to_pydict() == {"id": ["1.5", "2.5"], "x": ["a", "b"], "s": ["1", "2"]}


def test_numbers_that_are_none() -> None:
    """NaN and Infinity, which Python's json writes, are floating-point values."""
    values = parse(b'{"x": NaN}\n{"x": -Infinity}\n{"x": 1}\n').table["x"].to_pylist()
    assert math.isnan(values[0])
    assert values[1:] == [-math.inf, 1.0]


def test_quoted_digits_stay_text_where_no_type_is_given() -> None:
    """An identifier of digits in quotes keeps its leading zeros, in a block with a broken line too."""
    for broken in (b"", b"{\n"):
        parsed = parse(b'{"id": "007"}\n' + broken, {"id": None})
        assert parsed.table["id"].to_pylist() == ["007"]


def test_last_of_two_equal_keys_counts() -> None:
    """Of two equal keys in a line the last counts, as in most JSON readers (RFC 8259, section 4)."""
    assert parse(b'{"id": 1, "id": 2}\n').table.to_pylist() == [{"id": 2}]


def test_further_columns_are_told() -> None:
    """Columns that were not asked for are told, so that a renamed one can be found."""
    assert parse(b'{"id": 1, "xx": 1}\n').ignored == ("xx",)
    assert parse(b'{"id": 1, "xx": 1}\n{\n').ignored == ("xx",)


@pytest.mark.parametrize(
    ("head", "message"), ((b'[\n{"id": 1}\n]', "is a JSON array"), ('{"id": 1}\n'.encode("utf-16"), "is UTF-16"))
)
def test_what_is_not_lines_is_refused(head: bytes, message: str) -> None:
    """A JSON array and UTF-16 are errors of the file."""
    with pytest.raises(SourceError, match=message) as caught:
        open_parser("log.json", head, TYPES)
    assert caught.value.mend


SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=4)
OBJECTS = st.dictionaries(st.sampled_from(("id", "x", "s", "other")), SCALARS).map(lambda row: json.dumps(row).encode())
BROKEN = st.sampled_from((b"{", b"1", b"", b" ", b'{"s":"\xff"}', b'{"s":"\0"}', b"\r", b"{\r}"))


@settings(max_examples=300, deadline=None)
@given(lines=st.lists(OBJECTS | BROKEN, max_size=6))
@example([b'{"id":', b"1}"])
@example([b'{"x": 1e16}', b'{"x": "a"}'])
@example([b'{"id": 9007199254740993}', b'{"id": 1.5}'])
@example([b"null", b"{}"])
def test_rows_do_not_depend_on_the_block(lines: list[bytes]) -> None:
    """Lines give as many rows and rejections, and the same values, together as one by one."""
    together = parse(b"".join(line + b"\n" for line in lines))
    single = [parse(line + b"\n") for line in lines]
    assert together.table.num_rows == sum(parsed.table.num_rows for parsed in single)
    assert count(together) == sum(count(parsed) for parsed in single)
    for name in together.table.column_names:
        apart = [value for parsed in single for value in column(parsed, name)]
        assert [canonical(value) for value in column(together, name)] == [canonical(value) for value in apart]


def count(parsed: Parsed) -> int:
    return sum(rejection.rows for rejection in parsed.rejections)


def column(parsed: Parsed, name: str) -> list[Any]:
    found = parsed.table
    return list(found[name].to_pylist()) if name in found.column_names else [None] * found.num_rows


def canonical(value: Any) -> Any:
    """Values as they can be compared between a column of numbers and the same one as text."""
    try:
        return repr(float(value) + 0.0)  # no negative zero, which text of an integer has not
    except (TypeError, ValueError):
        return value


def test_nested_values_are_text() -> None:
    """A list or an object is the text that it is written as, whatever the other lines have."""
    parsed = parse(b'{"u": [null, 1]}\n{"u": {"a": "\xc3\xa9"}}\n{"u": []}\n', {})
    assert parsed.table["u"].to_pylist() == ["[null, 1]", '{"a": "é"}', "[]"]
    assert parse(b'{"u": [null, 1]}\n', {}).table["u"].to_pylist() == ["[null, 1]"]
