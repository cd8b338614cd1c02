"""Numbers, truth and moments that were logged as text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from mlflow_exporter.domain import Kind

Parser = Callable[[str], float | int | None]
"""A text's value, or None where it stands for a missing one; raises ValueError for any other text."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMPACT_DATE = 8
_ABSENT = {"", "nan", "nat"}
_TRUTHS = {"true": 1, "false": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0}


def parse_float(text: str) -> float | None:
    """A number; blank text is missing.

    >>> parse_float("1e3"), parse_float(" ")
    (1000.0, None)
    """
    return float(_plain(text)) if text.strip() else None


def parse_integer(text: str) -> int | None:
    """A whole number that an int64 can hold, however it is written; blank text and NaN are missing.

    >>> parse_integer("9007199254740993.0"), parse_integer("NaN")
    (9007199254740993, None)
    """
    if _is_absent(text):
        return None
    try:
        number = Decimal(_plain(text))
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not a number") from error
    # The size comes first: the digits of 1e999999999 would fill the memory.
    if not (-(2**63) <= number < 2**63) or number != number.to_integral_value():
        raise ValueError(f"{text!r} is not a whole number of 64 bits")
    return int(number)


def parse_truth(text: str) -> int | None:
    """1 for true and 1, 0 for false and 0, in any case; blank text and NaN are missing."""
    if _is_absent(text):
        return None
    if text.strip().lower() not in _TRUTHS:
        raise ValueError(f"{text!r} is neither true nor false")
    return _TRUTHS[text.strip().lower()]


def parse_moment(text: str) -> int | None:
    """Microseconds since 1970 UTC of an ISO 8601 date and time, in UTC where it has no zone.

    >>> parse_moment("1970-01-01T00:00:01.5Z"), parse_moment("19700102")
    (1500000, 86400000000)
    """
    if _is_absent(text):
        return None
    iso = text.strip().upper().removesuffix(" UTC")  # RFC 3339 lets `t` and `z` be small
    # Python would read 1711122311223, which is in Unix milliseconds, as 23 December 1711.
    if iso.isdecimal() and len(iso) != _COMPACT_DATE:
        raise ValueError(f"{text!r} is a number, not a date and time")
    moment = datetime.fromisoformat(iso)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


def _is_absent(text: str) -> bool:
    return text.strip().lower() in _ABSENT


def _plain(text: str) -> str:
    # Python's own way of grouping digits is nobody's data format.
    if "_" in text:
        raise ValueError(f"{text!r} is not a number")
    return text.strip()


PARSERS: dict[Kind, Parser] = {
    Kind.FLOAT: parse_float,
    Kind.INTEGER: parse_integer,
    Kind.BOOLEAN: parse_truth,
    Kind.TIMESTAMP: parse_moment,
}
