"""Parquet: one row group a chunk, read by columns when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from mlflow_exporter.domain import Problem
from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats import columns
from mlflow_exporter.sources.formats.discovery import Item
from mlflow_exporter.sources.formats.positions import RowGroupPosition, digest, dump
from mlflow_exporter.sources.source import Chunk, Types

_CUT_OFF = "it is tried again at each poll; write to another name and rename when it is finished"


class ParquetFile:
    """An open Parquet file, whose columns any thread may read.

    Every read has a reader of its own over one file handle and one parsed footer: readers are cheap and not
    thread-safe, the handle is. It is not memory-mapped, since a file that is cut while it is mapped kills the process.

    Raises SourceError where it has no intact footer.
    """

    def __init__(self, path: str, file: pa.NativeFile, types: Types) -> None:
        self._path, self._handle = path, file
        try:
            self.metadata = pq.read_metadata(self._handle)
        except pa.ArrowInvalid as error:
            raise SourceError(f"is cut off or still being written ({error})", mend=_CUT_OFF) from error
        arrow = self.metadata.schema.to_arrow_schema()
        self._text = [f.name for f in arrow if columns.is_text(f.type) and columns.takes_dictionary(f.name, types)]
        full = self._reader().schema_arrow
        names = full.names
        fields = dict(zip(reversed(names), reversed(list(full)), strict=True))  # of equal names, the first
        self.schema = pa.schema([fields[name] for name in columns.wanted(names, types)])
        self.ignored = columns.ignored(names, types)

    def read(self, row_group: int, names: Sequence[str]) -> pa.Table:
        """Columns of a row group.

        Raises SourceError where the data is damaged or gone.
        """
        try:
            table = self._reader().read_row_group(row_group, columns=list(names), use_threads=False)
        except (OSError, pa.ArrowException) as error:
            raise SourceError(
                f"row group {row_group + 1:,} is damaged ({error})", where=self._path, mend="write the file again"
            ) from error
        positions = {name: i for i, name in reversed(list(enumerate(table.column_names)))}
        table = pa.table([table.column(positions[name]) for name in names], names=list(names))
        return table.unify_dictionaries()

    def mark(self, row_group: int) -> str:
        """A digest of what the footer says of a row group: rows, place, sizes and extremes of every column."""
        group = self.metadata.row_group(row_group)
        described = [str(group.num_rows)]
        for i in range(group.num_columns):
            column = group.column(i)
            extremes = column.statistics
            described.append(
                f"{column.path_in_schema} {column.data_page_offset} {column.total_compressed_size} "
                f"{column.total_uncompressed_size} {extremes and (extremes.min, extremes.max, extremes.null_count)}"
            )
        return digest("\n".join(described).encode())

    def _reader(self) -> pq.ParquetFile:
        return pq.ParquetFile(self._handle, metadata=self.metadata, read_dictionary=self._text, pre_buffer=False)


def read(
    item: Item, handle: pa.NativeFile, position: RowGroupPosition | None, types: Types
) -> Iterator[Chunk | Problem]:
    """The open file's row groups after the position, or all of them where it is not the one that was read.

    Raises OSError and SourceError where the file cannot be read.
    """
    file = ParquetFile(item.path, handle, types)
    start = position or RowGroupPosition(item.stamp)
    if not _continues(file, start):
        yield Problem(
            item.path,
            "was replaced by other content; it is read from its start again, and the rows counted before stay counted",
            "give each new file a name of its own",
        )
        start = RowGroupPosition(item.stamp, start.generation + 1, lineage=start.lineage)
    groups = file.metadata.num_row_groups
    for group in range(start.row_groups, groups):
        end = _after(file, start, group, item)
        yield _chunk(item, file, group, end)
        start = end
    end = replace(start, stamp=item.stamp, complete=True)
    if end != start:
        yield _nothing(item, end)


def is_continued(path: str, position: RowGroupPosition) -> bool:
    """Whether a file begins with the row groups that were read up to this position.

    Raises OSError and SourceError where it cannot be read.
    """
    return _continues(ParquetFile(path, pa.OSFile(path), {}), position)


def _continues(file: ParquetFile, position: RowGroupPosition) -> bool:
    done = position.row_groups
    if not done:
        return True
    return done <= file.metadata.num_row_groups and (file.mark(0), file.mark(done - 1)) == (
        position.first,
        position.last,
    )


def _after(file: ParquetFile, start: RowGroupPosition, group: int, item: Item) -> RowGroupPosition:
    last = file.mark(group)
    complete = group + 1 == file.metadata.num_row_groups
    first = start.first or last
    return RowGroupPosition(item.stamp, start.generation, group + 1, first, last, complete, start.lineage)


def _chunk(item: Item, file: ParquetFile, group: int, end: RowGroupPosition) -> Chunk:
    return Chunk(
        origin=f"{item.path}, row group {group + 1:,}",
        item=item.path,
        position=dump(end),
        generation=end.generation,
        rows=file.metadata.row_group(group).num_rows,
        schema=file.schema,
        load=lambda names: file.read(group, names),
        ignored=file.ignored,
        lineage=end.lineage,
    )


def _nothing(item: Item, end: RowGroupPosition) -> Chunk:
    empty = pa.schema([])
    load = empty.empty_table
    return Chunk(item.path, item.path, dump(end), end.generation, 0, empty, lambda _: load(), lineage=end.lineage)
