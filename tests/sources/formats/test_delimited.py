from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlflow_exporter.domain import Rejection
from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats.delimited import NULLS, DelimitedParser, open_parser
from mlflow_exporter.sources.formats.lines import Parsed
from mlflow_exporter.sources.source import Types

TYPES: Types = {"id": pa.int64(), "x": pa.float64(), "s": pa.string()}


def parser(header: bytes = b"id,x,s", types: Types = TYPES) -> DelimitedParser:
    opened = open_parser("log.csv", header + b"\n", types, is_final=False)
    assert opened is not None
    return opened


def parse(block: bytes, header: bytes = b"id,x,s", types: Types = TYPES) -> Parsed:
    return parser(header, types).parse(block, 2)


def rows(parsed: Parsed) -> list[list[Any]]:
    return [list(row.values()) for row in parsed.table.to_pylist()]


@pytest.mark.parametrize(
    ("line", "what", "reason"),
    (
        (b"9,9", "has 2 fields, the header 3", "malformed"),
        (b"9,9,a,b", "has 4 fields, the header 3", "malformed"),
        (b'9,9,"a', "has a quote that does not end on the line", "malformed"),
        (b'9,9,"a""', "has a quote that does not end on the line", "malformed"),
        (b"9,9,\xff", "is not UTF-8", "encoding"),
        (b"9,9,caf\xe9", "is not UTF-8", "encoding"),
        (b"9,9,a\0", "has a NUL byte in it", "malformed"),
        (b"\0\0\0\0", "has a NUL byte in it", "malformed"),
        (b"9,9,a\rb", "has a carriage return in it", "malformed"),
        (b"id,x,s", "repeats the header", "malformed"),
    ),
)
@pytest.mark.parametrize("before", (0, 3))
@pytest.mark.parametrize("later", (0, 2))
def test_faulty_line_is_rejected_alone(line: bytes, what: str, reason: str, before: int, later: int) -> None:
    """A faulty line is left out and told with its number, wherever it is; every other line is a row."""
    good = b"1,2.5,ab\n"
    parsed = parse(good * before + line + b"\n" + good * later)
    assert rows(parsed) == [[1, 2.5, "ab"]] * (before + later)
    assert parsed.rejections == (Rejection(reason, 1, f"log.csv, line {2 + before}: {what}"),)


def test_several_faults_are_counted_by_reason() -> None:
    """Rejections are counted by reason, each with its first line."""
    parsed = parse(b'1,2,a\n1\n1,2,"a\n\n1,2,\xfe\n2,2,b\n')
    assert rows(parsed) == [[1, 2.0, "a"], [2, 2.0, "b"]]
    assert parsed.rejections == (
        Rejection("malformed", 2, "log.csv, line 3: has 1 fields, the header 3"),
        Rejection("encoding", 1, "log.csv, line 6: is not UTF-8"),
    )


def test_a_message_does_not_quote_values() -> None:
    """What is rejected may be personal, so that its values are in no message."""
    parsed = parse(b'secret,secret\n1,2,"secret\nsecret\0,,\nsecret\xff,,\n')
    assert sum(rejection.rows for rejection in parsed.rejections) == 4
    assert not any("secret" in rejection.example for rejection in parsed.rejections)


@pytest.mark.parametrize(
    ("fields", "kinds"),
    (
        (b"one,1,a", ("string", "double", "dictionary")),
        (b"1.0,1,a", ("string", "double", "dictionary")),
        (b"1,1.5x,a", ("int64", "string", "dictionary")),
        (b"99999999999999999999,1,a", ("string", "double", "dictionary")),
    ),
)
def test_column_with_a_wrong_value_is_text(fields: bytes, kinds: tuple[str, ...]) -> None:
    """One value of the wrong type makes its column text in this block, so that it can be counted; no row is lost."""
    parsed = parse(b"1,1,a\n" + fields + b"\n")
    found = [pa.string() if kind == "string" else None for kind in kinds]
    for field, kind in zip(parsed.table.schema, found, strict=True):
        if kind is not None:
            assert field.type.value_type == kind
    assert [str(value) for value in parsed.table.column(0).to_pylist()] == ["1", fields.split(b",")[0].decode()]
    assert not parsed.rejections


def test_integers_keep_every_digit() -> None:
    """Integers beyond 2**53 are exact, also where another column of the block has a wrong value."""
    big = 2**53 + 1
    assert parse(b"%d,1,a\n" % big).table["id"].to_pylist() == [big]
    assert parse(b"%d,wrong,a\n" % big).table["id"].to_pylist() == [big]
    assert parse(b"%d,wrong\n%d,1,a\n" % (big, big)).table["id"].to_pylist() == [big]


def test_missing_values_are_those_of_pandas() -> None:
    """What pandas reads as missing is missing, quoted or not, in every type."""
    spellings = [value.encode() for value in NULLS]
    assert set(NULLS) == set(pd._libs.parsers.STR_NA_VALUES)
    for quote in (b"", b'"'):
        block = b"".join(b"1,%b,%b\n" % (quote + value + quote, quote + value + quote) for value in spellings)
        parsed = parse(block)
        assert parsed.table["x"].null_count == parsed.table["s"].null_count == len(NULLS)


def test_infinite_values_are_read() -> None:
    """Infinite values are values of a floating-point column, as pandas and Python write them."""
    assert parse(b"1,inf,a\n2,-inf,a\n").table["x"].to_pylist() == [float("inf"), float("-inf")]


def test_timestamps_are_read_or_left_as_text() -> None:
    """ISO 8601 is read as a timestamp, with its zone where it has one; anything else stays text."""
    types = {"t": pa.timestamp("us")}
    assert parse(b"2024-01-02T03:04:05\n", b"t", types).table["t"].type == pa.timestamp("us")
    zoned = parse(b"2024-01-02T03:04:05+01:00\n", b"t", types).table["t"]
    assert zoned.type == pa.timestamp("us", "UTC")
    assert zoned.cast(pa.timestamp("s")).cast(pa.int64()).to_pylist() == [1704161045]
    fine = parse(b"2024-01-02T03:04:05.123456789\n", b"t", types).table["t"]
    assert fine.type == pa.timestamp("ns")
    assert parse(b"2.1.2024\n", b"t", types).table["t"].to_pylist() == ["2.1.2024"]


def test_way_to_write_times_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first block with zone offsets needs a second look, and a block without them is still read."""
    reader = parser(b"t", {"t": pa.timestamp("us")})
    zoned, naive = b"2024-01-02T03:04:05Z\n", b"2024-01-02T03:04:05\n"
    assert reader.parse(zoned, 2).table["t"].type == pa.timestamp("us", "UTC")
    with monkeypatch.context() as patch:
        patch.setattr(reader, "_try_as_text", None)
        assert reader.parse(zoned, 3).table["t"].type == pa.timestamp("us", "UTC")
    assert reader.parse(naive, 4).table["t"].type == pa.timestamp("us")


def test_booleans_are_read_as_pandas_writes_them() -> None:
    """True and False, as pandas writes them, are booleans."""
    assert parse(b"True\nFalse\n", b"b", {"b": pa.bool_()}).table["b"].to_pylist() == [True, False]


def test_quoted_values_may_hold_delimiters_and_quotes() -> None:
    """Quoting follows RFC 4180; a quote inside an unquoted value is itself."""
    block = b'1,2,"a,b"\n2,2,"say ""hi"""\n3,2,5" pipe\n'
    assert parse(block).table["s"].to_pylist() == ["a,b", 'say "hi"', '5" pipe']


def test_duplicate_names_read_the_first() -> None:
    """Of two columns of one name the first is read, and the file has a problem that says so."""
    opened = parser(b"x,id,x", {"x": pa.float64()})
    assert opened.parse(b"1,2,3\n", 2).table.to_pydict() == {"x": [1.0]}
    assert [str(problem) for problem in opened.problems] == [
        "log.csv: has 2 columns of the name 'x', of which the first is read; name each column once"
    ]


def test_unicode_names() -> None:
    """Column names may be any text."""
    header = 'größe,"a,b",日本'.encode()
    assert parse(b"1,2,3\n", header, {}).table.column_names == ["größe", "a,b", "日本"]


@pytest.mark.parametrize(
    ("head", "message"),
    (
        (b"1,0.5,a\n2,0.5,b\n", "has none of the expected columns in its first line"),
        ("id,x,s\n1,1,a\n".encode("utf-16"), "is UTF-16"),
        (b"id,x\xff\n", "has a first line that is not UTF-8 text"),
        (b'id,"x\n', "has a header that cannot be split"),
        (b"x" * 300_000, "has a first line longer than 262,144 bytes"),
    ),
)
def test_what_is_no_header_is_refused(head: bytes, message: str) -> None:
    """A file whose first line cannot be the header is an error of the file, before any row is taken for another."""
    with pytest.raises(SourceError, match=message) as caught:
        open_parser("log.csv", head, TYPES, is_final=False)
    assert caught.value.mend


def test_header_that_is_not_complete_waits() -> None:
    """A header without a line end is not read before it has one, unless nothing more will come."""
    assert open_parser("log.csv", b"id,x", TYPES, is_final=False) is None
    final = open_parser("log.csv", b"id,x", TYPES, is_final=True)
    assert final is not None
    assert final.preamble == 4


PIECES = st.sampled_from((b"1", b"22", b",", b",", b'"', b'"', b"a", b"\xc3\xa9", b"\xff", b"\0", b"\r", b" ", b""))
LINES = st.lists(PIECES, max_size=9).map(b"".join)


@settings(max_examples=400, deadline=None)
@given(lines=st.lists(st.one_of(LINES, st.just(b"1,a"), st.just(b"id,s")), max_size=8))
@example([b'1,"a', b'2,"b'])
@example([b'1,"a', b'"2,b'])
@example([b'"', b'"'])
@example([b'1","'])
@example([b"1,a\r", b"2,b"])
@example([b'1,"a\r', b'"'])
def test_rows_do_not_depend_on_the_block(lines: list[bytes]) -> None:
    """Lines give the same rows and rejections together, by the fast reader where it may, as one by one."""
    types: Types = {"id": pa.string(), "s": pa.string()}
    together = parse(b"".join(line + b"\n" for line in lines), b"id,s", types)
    single = [parse(line + b"\n", b"id,s", types) for line in lines]
    assert rows(together) == [row for parsed in single for row in rows(parsed)]
    assert count(together) == sum(count(parsed) for parsed in single)


def count(parsed: Parsed) -> int:
    return sum(rejection.rows for rejection in parsed.rejections)


@settings(max_examples=200, deadline=None)
@given(table=st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(max_size=5))))
def test_what_pandas_writes_is_read(table: list[tuple[int, float, str]]) -> None:
    """Rows that pandas writes come back bit by bit, apart from text that stands for a missing value."""
    table = [(i, x, s) for i, x, s in table if not set(s) & set("\r\n\0") and s.isprintable()]
    frame = pd.DataFrame(table, columns=["id", "x", "s"])
    content = frame.to_csv(index=False).encode()
    parsed = parse(content[len("id,x,s\n") :])
    assert rows(parsed) == [[i, x, None if s in NULLS else s] for i, x, s in table]
    assert not parsed.rejections
