"""JSON lines: one object a line (jsonlines.org), keys are columns and may be left out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from mlflow_exporter.domain import Problem
from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats import columns
from mlflow_exporter.sources.formats.lines import (
    UTF8_MARK,
    Parsed,
    count_lines,
    is_clean,
    legible_lines,
    refuse_utf16,
)
from mlflow_exporter.sources.formats.rejections import LineFaults
from mlflow_exporter.sources.source import Types

_EXACT_IN_DOUBLE = 2**53
_DEEPEST = 500
_ALL_BUT_BRACKETS = bytes(code for code in range(256) if chr(code) not in "[]{}")


def open_parser(path: str, head: bytes, types: Types) -> JsonLinesParser:
    """The parser for a file that starts like this.

    Raises SourceError where it cannot be JSON lines.
    """
    refuse_utf16(head)
    text = head.removeprefix(UTF8_MARK)
    if text.lstrip().startswith(b"["):
        raise SourceError("is a JSON array, not JSON lines", mend="write one object a line, without brackets around")
    return JsonLinesParser(path, len(head) - len(text), types)


class JsonLinesParser:
    """Reads blocks of lines by pyarrow's JSON reader, and looks at every line of a block only where that fails.

    A number without a fraction fits an integer column, however it is written. Nested values are JSON text.
    """

    problems: tuple[Problem, ...] = ()

    def __init__(self, path: str, preamble: int, types: Types) -> None:
        self.preamble = preamble
        self._path, self._types = path, types

    def parse(self, block: bytes, first_line: int) -> Parsed:
        """The rows of a block of whole lines."""
        table = self._try_fast(block)
        if table is not None:
            others = columns.ignored(_keys_of_first(block), self._types)
            return Parsed(columns.encode(self._present(table, block), self._types), others)
        faults = LineFaults(self._path)
        rows = self._sift(block, first_line, faults)
        names = list(dict.fromkeys(name for row in rows for name in row))
        fitted = {name: self._column(rows, name) for name in columns.wanted(names, self._types)}
        table = columns.encode(pa.table(fitted) if fitted else _no_columns(len(rows)), self._types)
        return Parsed(table, columns.ignored(names, self._types), faults.rejections())

    def _try_fast(self, block: bytes) -> pa.Table | None:
        if not is_clean(block) or not _is_safe(block):
            return None
        for is_typed in (True, False) if self._types else (False,):
            try:
                table = self._read(block, is_typed=is_typed)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                continue
            # pyarrow 25 makes broken arrays of lists that start with null.
            if table.num_rows != count_lines(block) or any(pa.types.is_nested(field.type) for field in table.schema):
                return None
            return table if is_typed else self._retyped(table)
        return None

    def _read(self, block: bytes, *, is_typed: bool) -> pa.Table:
        schema = pa.schema([(name, kind) for name, kind in self._types.items() if kind is not None])
        only_typed = is_typed and len(schema) == len(self._types) > 0
        table = pa.json.read_json(
            pa.BufferReader(block),
            parse_options=pa.json.ParseOptions(
                explicit_schema=schema if is_typed else None,
                unexpected_field_behavior="ignore" if only_typed else "infer",
            ),
        )
        return table.select(columns.wanted(table.column_names, self._types))

    def _retyped(self, table: pa.Table) -> pa.Table | None:
        """A table of inferred types in those asked for; None where that takes a look at every value."""
        for i, field in enumerate(table.schema):
            kind = self._types.get(field.name)
            if kind is not None and field.type != kind:
                if _loses_digits(table.column(i)):
                    return None
                table = table.set_column(i, field.name, columns.conform(table.column(i).cast(pa.string()), kind))
        return table

    def _present(self, table: pa.Table, block: bytes) -> pa.Table:
        """Without the columns that are null because no line has them."""
        return table.select(
            [
                name
                for name in table.column_names
                if table[name].null_count < table.num_rows or any(key in block for key in _spellings(name))
            ]
        )

    def _sift(self, block: bytes, first_line: int, faults: LineFaults) -> list[dict[str, Any]]:
        rows = []
        for number, line in legible_lines(block, first_line, faults):
            try:
                rows.append(_object(line))
            except ValueError as error:
                faults.add(number, f"is not {error}")
        return rows

    def _column(self, rows: Sequence[Mapping[str, Any]], name: str) -> pa.ChunkedArray:
        values = [row.get(name) for row in rows]
        text = pa.chunked_array([pa.array([_text(value) for value in values], pa.string())])
        kind = self._types.get(name)
        if kind is None and any(isinstance(value, str) for value in values):
            return text  # what is quoted is text, and keeps its leading zeros
        return columns.conform(text, kind)


def _loses_digits(values: pa.ChunkedArray) -> bool:
    """Whether values of an inferred type are written differently from what stands in the file."""
    if pa.types.is_floating(values.type):
        return bool(pc.any(pc.greater_equal(pc.abs(values), _EXACT_IN_DOUBLE)).as_py())
    return bool(pa.types.is_temporal(values.type))


def _no_columns(rows: int) -> pa.Table:
    return pa.table({"": pa.nulls(rows)}).select([])


def _depth(text: bytes) -> int:
    """How many brackets are open at most; those inside strings are taken for brackets, too."""
    brackets = np.frombuffer(text.translate(None, _ALL_BUT_BRACKETS), np.uint8)
    opening = (brackets == ord("{")) | (brackets == ord("["))
    return int(np.cumsum(np.where(opening, 1, -1)).max(initial=0))


def _is_safe(block: bytes) -> bool:
    """Whether a block does not kill the process in pyarrow's reader.

    It recurses, so that some 10,000 open brackets overflow its stack, and it follows a null pointer where `null` comes
    before any object (pyarrow 25).
    """
    starts_with_objects = block.startswith(b"{") and block.count(b"\n{") == count_lines(block) - 1
    return starts_with_objects and _depth(block) <= _DEEPEST


def _object(line: bytes) -> dict[str, Any]:
    """The object on a line; raises ValueError with what the line is not."""
    if _depth(line) > _DEEPEST:
        raise ValueError(f"JSON with at most {_DEEPEST} brackets open")
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"JSON ({error.msg} at character {error.colno:,})") from error
    if not isinstance(row, dict):
        raise ValueError("a JSON object")  # noqa: TRY004 -- a fault of the line, not of the caller
    if b"\\u" in line:
        _refuse_half_characters(row)
    return row


def _refuse_half_characters(row: Mapping[str, Any]) -> None:
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError("text (it has half of a surrogate pair)") from error


def _keys_of_first(block: bytes) -> list[str]:
    try:
        return list(_object(block[: block.index(b"\n")]))
    except ValueError:  # two objects on the line, which pyarrow takes for two lines
        return []


def _spellings(name: str) -> tuple[bytes, bytes]:
    return json.dumps(name).encode(), json.dumps(name, ensure_ascii=False).encode()


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_IN_DOUBLE:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)
