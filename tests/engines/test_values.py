from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.domain import Kind
from mlflow_exporter.engines.values import MISSING, WRONG, numbers, unix_seconds

FLOAT, INTEGER, BOOLEAN, TIMESTAMP = Kind.FLOAT, Kind.INTEGER, Kind.BOOLEAN, Kind.TIMESTAMP
DAY = 86_400_000_000
X, NONE = "wrong", None
KINDS = (FLOAT, INTEGER, BOOLEAN, TIMESTAMP)

# Each array, and what it is as FLOAT, INTEGER, BOOLEAN and TIMESTAMP: a value, None for missing, X for wrong.
TABLE: dict[str, tuple[pa.Array, list[Any], list[Any], list[Any], list[Any]]] = {
    "null": (pa.nulls(1), [NONE], [NONE], [NONE], [NONE]),
    "bool": (pa.array([True, False, None]), [1, 0, NONE], [1, 0, NONE], [1, 0, NONE], [X, X, NONE]),
    "int8": (pa.array([1, -3, None], pa.int8()), [1, -3, NONE], [1, -3, NONE], [1, X, NONE], [X, X, NONE]),
    "int64": (pa.array([2**63 - 1, -(2**63)]), [2.0**63, -(2.0**63)], [2**63 - 1, -(2**63)], [X, X], [X, X]),
    "uint64": (pa.array([2**64 - 1, 0], pa.uint64()), [2.0**64, 0], [X, 0], [X, 0], [X, X]),
    "float16": (pa.array([1.5, 1, None], pa.float16()), [1.5, 1, NONE], [X, 1, NONE], [X, 1, NONE], [X, X, NONE]),
    "float32": (pa.array([0.5, None], pa.float32()), [0.5, NONE], [X, NONE], [X, NONE], [X, NONE]),
    "float64": (
        pa.array([1e20, -(2.0**63), np.inf, np.nan]),
        [1e20, -(2.0**63), np.inf, np.nan],
        [X, -(2**63), X, NONE],
        [X, X, X, NONE],
        [X, X, X, NONE],
    ),
    "decimal": (pa.array([Decimal("2.50"), Decimal("1.00")]), [2.5, 1], [X, 1], [X, 1], [X, X]),
    "large decimal": (
        pa.array([Decimal(2**53 + 1), Decimal(2**70)], pa.decimal256(60, 0)),
        [2.0**53, 2.0**70],
        [2**53 + 1, X],
        [X, X],
        [X, X],
    ),
    "string": (
        pa.array(["7", "1.0", " 1e3 ", "x", "", "nan", "1_0", None]),
        [7, 1, 1000, X, NONE, np.nan, X, NONE],
        [7, 1, 1000, X, NONE, NONE, X, NONE],
        [X, 1, X, X, NONE, NONE, X, NONE],
        [X, X, X, X, NONE, NONE, X, NONE],
    ),
    "large string": (pa.array(["True", "FALSE"], pa.large_string()), [X, X], [X, X], [1, 0], [X, X]),
    "string view": (
        pa.array(["9007199254740993", None], pa.string_view()),
        [2.0**53, NONE],
        [2**53 + 1, NONE],
        [X, NONE],
        [X, NONE],
    ),
    "long texts": (pa.array(["1e999999999", "9" * 5000]), [np.inf, np.inf], [X, X], [X, X], [X, X]),
    "text of times": (
        pa.array(["1970-01-02", "1970-01-02 00:00:00 UTC", "1970-01-02T01:00:00.000001+01:00", "NaT"]),
        [X, X, X, X],
        [X, X, X, NONE],
        [X, X, X, NONE],
        [DAY, DAY, DAY + 1, NONE],
    ),
    "dictionary with null": (
        pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.uint8()), pa.array(["5", None])),
        [5, NONE, NONE],
        [5, NONE, NONE],
        [X, NONE, NONE],
        [X, NONE, NONE],
    ),
    "dictionary of integers": (
        pa.array([5, 1, None]).dictionary_encode(),
        [5, 1, NONE],
        [5, 1, NONE],
        [X, 1, NONE],
        [X, X, NONE],
    ),
    "timestamp s": (pa.array([86_400, None], pa.timestamp("s")), [X, NONE], [X, NONE], [X, NONE], [DAY, NONE]),
    "timestamp ms": (pa.array([-1], pa.timestamp("ms", "Asia/Tokyo")), [X], [X], [X], [-1_000]),
    "timestamp ns": (pa.array([1_999, -1], pa.timestamp("ns", "UTC")), [X, X], [X, X], [X, X], [1, -1]),
    "timestamp beyond": (pa.array([2**62, -(2**63)], pa.timestamp("s")), [X, X], [X, X], [X, X], [X, X]),
    "date32": (pa.array([1, None], pa.date32()), [X, NONE], [X, NONE], [X, NONE], [DAY, NONE]),
    "date32 beyond": (pa.array([2**31 - 1], pa.int32()).cast(pa.date32()), [X], [X], [X], [X]),
    "date64": (pa.array([86_400_000], pa.date64()), [X], [X], [X], [DAY]),
    "dictionary of times": (pa.array([DAY], pa.timestamp("us")).dictionary_encode(), [X], [X], [X], [DAY]),
    "time": (pa.array([1, None], pa.time32("s")), [X, NONE], [X, NONE], [X, NONE], [X, NONE]),
    "duration": (pa.array([1], pa.duration("s")), [X], [X], [X], [X]),
    "binary": (pa.array([b"1", None]), [X, NONE], [X, NONE], [X, NONE], [X, NONE]),
    "list": (pa.array([[1], None]), [X, NONE], [X, NONE], [X, NONE], [X, NONE]),
    "struct": (pa.array([{"a": 1}]), [X], [X], [X], [X]),
    "uuid": (
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([uuid.UUID(int=1).bytes], pa.binary(16))),
        [X],
        [X],
        [X],
        [X],
    ),
}


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in TABLE for kind in KINDS])
@pytest.mark.parametrize("is_chunked", (False, True), ids=("array", "chunks"))
def test_each_type_as_each_kind(name: str, kind: Kind, is_chunked: bool) -> None:
    """A column of any Arrow type gives values of the kind asked for, and says what is missing and what is wrong."""
    array, *expected = TABLE[name]
    read = numbers(pa.chunked_array([array[:1], array[1:]]) if is_chunked else array, kind)
    assert read.values.dtype == (np.float64 if kind is FLOAT else np.int64)
    state = np.zeros(len(array)) if read.state is None else read.state
    marks = {MISSING: NONE, WRONG: X}
    found = [marks.get(int(mark), value) for mark, value in zip(state, read.values.tolist(), strict=True)]
    assert repr(found) == repr(
        [float(e) if kind is FLOAT and isinstance(e, int) else e for e in expected[KINDS.index(kind)]]
    )


def test_a_column_of_its_own_type_is_not_copied() -> None:
    """Values that are right already are the column's own buffer."""
    array = pa.array([1.0, 2.0])
    assert np.shares_memory(numbers(array, FLOAT).values, array.to_numpy())


def test_no_rows() -> None:
    """No chunks have no values."""
    assert numbers(pa.chunked_array([], pa.string()), INTEGER).values.tolist() == []


def test_floats_are_nan_where_there_is_no_value() -> None:
    """As floats, missing and wrong values are NaN."""
    assert np.isnan(numbers(pa.array(["1", "x", None]), FLOAT).floats()).tolist() == [False, True, True]


AT = 1_700_000_000.25


@pytest.mark.parametrize(
    "written",
    (
        pa.array([AT]),
        pa.array([Decimal("1700000000.25")]),
        pa.array([1_700_000_000_250]),
        pa.array([1_700_000_000_250_000]),
        pa.array([1_700_000_000_250_000_000], pa.uint64()),
        pa.array([1_700_000_000_250], pa.timestamp("ms")),
        pa.array([1_700_000_000_250_000_000], pa.timestamp("ns", "America/New_York")),
        pa.array(["2023-11-14T22:13:20.25Z"]),
        pa.array(["2023-11-14 22:13:20.250 UTC"]),
        pa.array(["2023-11-14t22:13:20.25z"]),
        pa.array(["20231114T221320.250"]),
        pa.array(["1700000000.25"]),
        pa.array(["1700000000250"]),
        pa.array(["2023-11-14T23:13:20.25+01:00"]).dictionary_encode(),
    ),
    ids=lambda array: f"{array.type} {array[0]}",
)
def test_every_way_to_write_a_time(written: pa.Array) -> None:
    """Numbers of any unit, text and timestamps of any zone are the same second."""
    assert unix_seconds(written).values == pytest.approx([AT], rel=0, abs=1e-6)
    assert unix_seconds(written).state is None


@pytest.mark.parametrize(
    ("written", "mark"),
    (
        (pa.array([None, 1.0]), MISSING),
        (pa.array([np.nan]), MISSING),
        (pa.array([""]), MISSING),
        (pa.array(["nan"]), MISSING),
        (pa.array([np.inf]), WRONG),
        (pa.array(["inf"]), WRONG),
        (pa.array(["yesterday"]), WRONG),
        (pa.array(["2023-02-30"]), WRONG),
        (pa.array([True]), WRONG),
        (pa.array([dt.time(1)]), WRONG),
    ),
    ids=lambda given: str(given[0]) if isinstance(given, pa.Array) else str(given),
)
def test_no_time(written: pa.Array, mark: int) -> None:
    """What is empty is missing, and what is not a moment is wrong."""
    state = unix_seconds(written).state
    assert state is not None
    assert state[0] == mark


def test_unix_milliseconds_as_text_are_not_a_compact_date() -> None:
    """1711122311223 is in March 2024, though Python would read it as December 1711."""
    assert unix_seconds(pa.array(["1711122311223"])).values.tolist() == [1_711_122_311.223]


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_microseconds_survive_text(moment: dt.datetime) -> None:
    """Text keeps every microsecond of the years 1 to 9999, which a float of seconds does not."""
    expected = pa.array([moment], pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    assert numbers(pa.array([moment.isoformat()]), TIMESTAMP).values.tolist() == expected
