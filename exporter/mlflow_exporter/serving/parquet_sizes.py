"""How large a Parquet body becomes, found out while it is small: a few hundred bytes of it may stand for gigabytes."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mlflow_exporter.serving.refusals import TooLarge, Unreadable

MOST_VALUES = 10_000_000
MOST_BYTES = 256_000_000
"""Bytes of a body's pages without compression, and of the texts that they stand for."""


def check_size(content: bytes, max_rows: int) -> None:
    """Raises Refusal where a body has too many rows, becomes too large, or is damaged.

    A text that is repeated is in a Parquet file once, and in a table as often as there are rows.
    """
    try:
        _measure(content, max_rows)
    except (pa.ArrowException, OSError) as error:
        raise Unreadable("the Parquet cannot be read as rows") from error


def limit(amount: int, most: int, what: str) -> None:
    """Raises TooLarge where there are too many of something."""
    if amount > most:
        raise TooLarge(f"{amount} {what} are more than the {most} that a request may have; send fewer at once")


def _measure(content: bytes, max_rows: int) -> None:
    footer = pq.read_metadata(BytesIO(content))
    chunks = [chunk for i in range(footer.num_row_groups) for chunk in _chunks(footer.row_group(i))]
    limit(footer.num_rows, max_rows, "rows")
    limit(sum(chunk.num_values for chunk in chunks), MOST_VALUES, "values")
    limit(sum(chunk.total_uncompressed_size for chunk in chunks), MOST_BYTES, "bytes")
    fixed = (footer.schema.column(i) for i in range(footer.num_columns))
    limit(max((column.length for column in fixed), default=0) * footer.num_rows, MOST_BYTES, "bytes")
    limit(_bytes_of_texts(content, footer.schema), MOST_BYTES, "bytes")


def _chunks(group: Any) -> Iterator[Any]:
    return (group.column(i) for i in range(group.num_columns))


def _bytes_of_texts(content: bytes, schema: Any) -> int:
    columns = (schema.column(i) for i in range(len(schema)))
    texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
    file = pq.ParquetFile(BytesIO(content), read_dictionary=texts)  # each text once, as in the file
    tables = (file.read_row_group(i, columns=texts) for i in range(file.num_row_groups))
    return sum(_size(chunk) for table in tables for column in table.columns for chunk in column.chunks)


def _size(chunk: Any) -> int:
    while isinstance(chunk, pa.ListArray | pa.LargeListArray):
        chunk = chunk.flatten()
    if not isinstance(chunk, pa.DictionaryArray):
        return int(chunk.nbytes)
    lengths = pc.cast(pc.binary_length(chunk.dictionary), pa.int64())
    return int(pc.sum(pc.take(lengths, chunk.indices)).as_py() or 0)
