"""The header of a CSV file, and the fields of its lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence

from mlflow_exporter.domain import Problem
from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats.lines import is_utf8

_DELIMITERS = ",\t;|"


class FieldCounter:
    """Counts the fields of a line as pyarrow's reader splits it: a quote means something at the start of a field only.

    >>> counter = FieldCounter(",")
    >>> counter.count(b'1,"a,""b",5" pipe'), counter.count(b'1,"a,b')
    (3, None)
    """

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter.encode()
        edge = re.escape(self._delimiter)
        self._quoted = re.compile(rb"(?:^|(?<=" + edge + rb'))"(?:[^"]|"")*+"')
        self._open = re.compile(rb"(?:^|" + edge + rb')"')

    def count(self, line: bytes) -> int | None:
        """How many fields; None where a quoted one has no end."""
        if b'"' in line:
            line = self._quoted.sub(b".", line)
            if self._open.search(line):
                return None
        return line.count(self._delimiter) + 1


def delimiter_of(header: bytes) -> str:
    """The comma where the header has one, else the first of tab, semicolon and bar that it has."""
    return next((mark for mark in _DELIMITERS if mark.encode() in header), ",")


def names_of(header: bytes, delimiter: str) -> list[str]:
    """The names of the columns.

    Raises SourceError where the line is no header.
    """
    if not is_utf8(header) or b"\0" in header:
        raise SourceError("has a first line that is not UTF-8 text", mend="write the file as UTF-8, header first")
    try:
        return next(csv.reader([header.decode()], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise SourceError(f"has a header that cannot be split ({error})", mend="write one name a column") from error


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with those that come again made unlike any that can be asked for."""
    return [name if names.index(name) == i else f"{name}\0{i}" for i, name in enumerate(names)]


def duplicates(path: str, names: Sequence[str]) -> tuple[Problem, ...]:
    """A problem for each name that several columns have."""
    return tuple(
        Problem(path, f"has {count} columns of the name {name!r}, of which the first is read", "name each column once")
        for name, count in Counter(names).items()
        if count > 1
    )
