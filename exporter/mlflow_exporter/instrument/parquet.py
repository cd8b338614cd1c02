"""The log as Parquet.

A Parquet file has its directory at its end, so that half of one is nothing. Rows are written as an Arrow stream, which
is whole up to its last batch, and become Parquet when the file is finished.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from mlflow_exporter.instrument.blocks import Block, merged
from mlflow_exporter.instrument.parts import Part, recover
from mlflow_exporter.instrument.values import as_list, plain

STREAM: Final = ".arrows"
SUFFIX: Final = ".parquet"
ROW_GROUP_ROWS: Final = 65_536
BLOCK_ROWS: Final = 1_024
_IDENTIFIER: Final = "request_id"
_MOST: Final = 2**63
_NO_ARRAY: Final = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, OverflowError)

# With its first array pyarrow imports pandas, where that is installed; while a program ends, it no longer can.
pa.array([None])


class Parquet:
    """One growing file of a version; raises OSError as `Part` does.

    Every file has the columns and types of its first rows. Others that do not fit begin a new one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._part = folder, Part(folder, STREAM)
        self._schema: pa.Schema | None = None

    @property
    def size(self) -> int:
        """Bytes written."""
        return self._part.size

    @property
    def rows(self) -> int:
        """Rows written, without those of finished files."""
        return self._part.rows

    def append(self, blocks: Sequence[Block]) -> None:
        """Add the rows, all or none; raises OSError, and ValueError or TypeError for what is no table."""
        given = _record_batch(merged(blocks))
        batch = _fitted(given, self._schema)
        if batch is None:
            self.finish()
            self._part, self._schema = Part(self._folder, STREAM), None
            batch = given
        head = b"" if self._schema is not None else _head(batch.schema)
        self._part.append(head + batch.serialize().to_pybytes(), batch.num_rows)
        self._schema = batch.schema

    def finish(self) -> None:
        """Make it Parquet, and give it its name."""
        self._part.finish(_convert)

    def close(self) -> None:
        """Let go of the file without finishing it."""
        self._part.close()


def recover_tables(folder: Path) -> list[Path]:
    """Finish the files below a folder whose writers were killed, up to their last whole batch."""
    return [path.with_suffix(SUFFIX) for path in recover(folder, STREAM, _convert)]


def _record_batch(block: Block) -> pa.RecordBatch:
    names = block.names
    return pa.RecordBatch.from_arrays([_array(name, block.column(name)) for name in names], names)


def _array(name: str, values: Any) -> pa.Array:
    try:
        return pa.array(values, from_pandas=True)
    except _NO_ARRAY:
        listed = list(map(_text if name == _IDENTIFIER else _fitting, as_list(values)))
    try:
        return pa.array(listed, from_pandas=True)
    except _NO_ARRAY:
        if len(listed) > 1:  # of several kinds: the rows are written one by one
            raise
        return pa.nulls(1)  # as in JSON, what there is no type for


def _head(schema: pa.Schema) -> bytes:
    """The beginning of a stream; raises NotImplementedError for what Arrow has a type for and Parquet has not."""
    pq.ParquetWriter(pa.BufferOutputStream(), schema).close()
    return bytes(schema.serialize().to_pybytes())


def _fitted(batch: pa.RecordBatch, schema: pa.Schema | None) -> pa.RecordBatch | None:
    """The rows in the types of a schema; None where they do not fit."""
    if schema is None or batch.schema == schema:
        return batch
    if set(batch.schema.names) - set(schema.names):
        return None
    try:
        columns = [
            batch.column(field.name).cast(field.type)
            if field.name in batch.schema.names
            else pa.nulls(batch.num_rows, field.type)
            for field in schema
        ]
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _convert(stream: Path, finished: Path) -> None:
    """Write a stream's whole batches as Parquet under the finished name, and remove the stream."""
    target, made = finished.with_suffix(SUFFIX), stream.with_suffix(".tmp")
    with stream.open("rb") as file:
        batches = _whole_batches(file)
        first = next(batches, None)
        if first is not None:
            try:
                _write_table(made, first, batches)
                made.rename(target)
            finally:
                made.unlink(missing_ok=True)  # half of one, on a full disk
    stream.unlink()


def _write_table(path: Path, first: pa.RecordBatch, others: Iterator[pa.RecordBatch]) -> None:
    # Hardly a float comes twice: without a dictionary they take half the time to write, and less room.
    repeated = [field.name for field in first.schema if not pa.types.is_floating(field.type)]
    options = {"compression": "zstd", "use_dictionary": repeated}
    # An opened file: for a path, pyarrow imports its file systems, and it may be too late for that, too.
    with pa.OSFile(str(path), "wb") as sink, pq.ParquetWriter(sink, first.schema, **options) as writer:
        for table in _row_groups(first, others):
            writer.write_table(table)


def _whole_batches(file: Any) -> Iterator[pa.RecordBatch]:
    try:
        yield from pa.ipc.open_stream(file)
    except (pa.ArrowInvalid, OSError):  # cut off in the middle of a batch
        return


def _row_groups(first: pa.RecordBatch, others: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting, rows = [first], first.num_rows
    for batch in others:
        if rows >= ROW_GROUP_ROWS:
            yield pa.Table.from_batches(waiting)
            waiting, rows = [], 0
        waiting.append(batch)
        rows += batch.num_rows
    if waiting:
        yield pa.Table.from_batches(waiting)


def _fitting(value: Any) -> Any:
    """A value that Arrow has a type for: numbers of NumPy become Python's, whole ones beyond 64 bits become floats."""
    value = plain(value)
    return float(value) if isinstance(value, int) and not -_MOST <= value < _MOST else value


def _text(value: Any) -> str | None:
    """An identifier keeps every digit."""
    return None if value is None else str(value)
