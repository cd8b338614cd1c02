"""CSV and TSV: a header, then one row a line (RFC 4180, without line breaks inside values)."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.csv

from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats import columns
from mlflow_exporter.sources.formats.fields import FieldCounter, delimiter_of, distinct, duplicates, names_of
from mlflow_exporter.sources.formats.lines import (
    UTF8_MARK,
    Parsed,
    count_lines,
    is_clean,
    legible_lines,
    refuse_utf16,
)
from mlflow_exporter.sources.formats.rejections import LineFaults
from mlflow_exporter.sources.formats.streams import HEAD_BYTES
from mlflow_exporter.sources.source import Types

# What pandas takes for a missing value (pandas.read_csv, `na_values`).
NULLS = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"),
    *("NULL", "NaN", "None", "n/a", "nan", "null"),
)


def open_parser(path: str, head: bytes, types: Types, *, is_final: bool) -> DelimitedParser | None:
    """The parser for a file that starts like this; None while its header has no end.

    Raises SourceError where the first line cannot be the header.
    """
    refuse_utf16(head)
    text = head.removeprefix(UTF8_MARK)
    blank = len(text) - len(text.lstrip(b"\r\n"))
    end = text.find(b"\n", blank)
    if end < 0 and len(head) >= HEAD_BYTES:
        raise SourceError(f"has a first line longer than {HEAD_BYTES:,} bytes", mend="check that it is lines of text")
    if end < 0 and not is_final:
        return None
    header = text[blank:] if end < 0 else text[blank:end]
    preamble = len(head) if end < 0 else len(head) - len(text) + end + 1
    return DelimitedParser(path, header.removesuffix(b"\r"), preamble, types)


class DelimitedParser:
    """Reads blocks of lines by pyarrow's CSV reader, and looks at every line of a block only where that fails.

    The delimiter is the comma where the header has one, else the first of tab, semicolon and bar that it has. Missing
    are the values in NULLS, quoted or not. Of two columns of one name the first is read.
    """

    def __init__(self, path: str, header: bytes, preamble: int, types: Types) -> None:
        self.preamble = preamble
        self._path, self._header, self._types = path, header, types
        self._kinds = dict(types)
        self._delimiter = delimiter_of(header)
        self._names = names_of(header, self._delimiter)
        self._wanted = columns.wanted(self._names, types)
        self._ignored = columns.ignored(self._names, types)
        self._splitter = FieldCounter(self._delimiter)
        self.problems = duplicates(path, self._names)
        if types and not self._wanted:
            raise SourceError(
                "has none of the expected columns in its first line",
                mend=f"start the file with a line of column names, among them {', '.join(map(repr, types))}",
            )

    def parse(self, block: bytes, first_line: int) -> Parsed:
        """The rows of a block of whole lines."""
        table = self._try_fast(block)
        if table is not None:
            return Parsed(columns.encode(table, self._types), self._ignored)
        faults = LineFaults(self._path)
        rows = self._sift(block, first_line, faults)
        table = self._read_sifted(rows) if rows else self._empty()
        return Parsed(columns.encode(table, self._types), self._ignored, faults.rejections())

    def _try_fast(self, block: bytes) -> pa.Table | None:
        if not is_clean(block) or self._may_end_quoted(block) or self._may_hide_header(block):
            return None
        try:
            table = self._read(block, is_typed=True)
        except pa.ArrowInvalid:
            return None if self._repeats_header(block) else self._try_as_text(block)
        return table if table.num_rows == count_lines(block) else None

    def _try_as_text(self, block: bytes) -> pa.Table | None:
        """Rows of the right shape with a value of the wrong type need no look at every line."""
        try:
            table = self._read(block, is_typed=False)
        except pa.ArrowInvalid:
            return None
        return self._fitted(table) if table.num_rows == count_lines(block) else None

    def _fitted(self, text: pa.Table) -> pa.Table:
        table = pa.table({name: columns.conform(text[name], self._types.get(name)) for name in text.column_names})
        # A log keeps its way to write times, so the next block need not fail first.
        self._kinds |= {field.name: field.type for field in table.schema if pa.types.is_timestamp(field.type)}
        return table

    def _may_end_quoted(self, block: bytes) -> bool:
        """Whether a quote may stay open at the end; a quote that is open elsewhere shows, since it swallows a line."""
        if b'"' not in block:
            return False
        last_line = block[block.rfind(b"\n", 0, -1) + 1 : -1]
        return block.count(b'"') % 2 == 1 or self._splitter.count(last_line) is None

    def _may_hide_header(self, block: bytes) -> bool:
        """Whether a repeated header would pass for a row, since no column's type gives it away."""
        kinds = [self._types.get(name) for name in self._wanted]
        gives_away = any(kind is not None and not columns.is_text(kind) for kind in kinds)
        return not gives_away and self._repeats_header(block)

    def _repeats_header(self, block: bytes) -> bool:
        return block.startswith(self._header) or b"\n" + self._header in block

    def _sift(self, block: bytes, first_line: int, faults: LineFaults) -> list[bytes]:
        rows = []
        expected = len(self._names)
        for number, line in legible_lines(block, first_line, faults):
            fields = self._splitter.count(line)
            if fields is None:
                faults.add(number, "has a quote that does not end on the line")
            elif fields != expected:
                faults.add(number, f"has {fields} fields, the header {expected}")
            elif line == self._header:
                faults.add(number, "repeats the header")
            else:
                rows.append(line)
        return rows

    def _read_sifted(self, rows: Sequence[bytes]) -> pa.Table:
        block = b"\n".join((*rows, b""))
        try:
            table = self._read(block, is_typed=True)
        except pa.ArrowInvalid:
            table = self._fitted(self._read(block, is_typed=False))
        if table.num_rows != len(rows):
            raise SourceError(f"{len(rows):,} lines were read as {table.num_rows:,} rows", mend="report this as a bug")
        return table

    def _read(self, block: bytes, *, is_typed: bool) -> pa.Table:
        kinds = {name: self._kind(name) if is_typed else pa.string() for name in self._wanted}
        return pa.csv.read_csv(
            pa.BufferReader(block),
            read_options=pa.csv.ReadOptions(column_names=distinct(self._names)),
            parse_options=pa.csv.ParseOptions(delimiter=self._delimiter),
            convert_options=pa.csv.ConvertOptions(
                column_types={name: kind for name, kind in kinds.items() if kind is not None},
                include_columns=self._wanted,
                null_values=NULLS,
                strings_can_be_null=True,
            ),
        )

    def _kind(self, name: str) -> pa.DataType | None:
        kind = self._kinds.get(name)
        return columns.DICTIONARY if kind is not None and columns.is_text(kind) else kind

    def _empty(self) -> pa.Table:
        schema = pa.schema([(name, self._kind(name) or pa.string()) for name in self._wanted])
        return schema.empty_table()
