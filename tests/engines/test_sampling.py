from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlflow_exporter.engines.local import COLUMNS_AT_ONCE
from mlflow_exporter.engines.sampling import Sample, draw_sample
from mlflow_exporter.sources.source import Chunk

Tables = Callable[..., Any]
N = 10_000
TABLE = pa.table({"x": np.arange(N), "city": pa.array([f"c{i % 7}" for i in range(N)]).dictionary_encode()})


def draw(tables: Tables, found: list[pa.Table], size: int) -> Sample:
    return draw_sample(tables(found).poll({}, {}), lambda _rows: None, size)


def test_few_rows_are_all_drawn_in_their_order(tables: Tables) -> None:
    """Data that is no larger than the sample is the sample."""
    sample = draw(tables, [TABLE.slice(0, 3), TABLE.slice(3, 0), TABLE.slice(3, 4)], 7)
    assert sample.column("x").to_pylist() == list(range(7))
    assert sample.column("city").to_pylist() == [f"c{i}" for i in range(7)]


def test_no_rows(tables: Tables) -> None:
    """No chunks make an empty sample."""
    assert draw(tables, [], 10).table.num_rows == 0


def test_the_sample_is_the_same_however_rows_are_chunked(tables: Tables) -> None:
    """One chunk, many and uneven ones give the same rows."""
    whole = draw(tables, [TABLE], 500).column("x").to_pylist()
    assert len(whole) == 500
    for step in (1_000, 333, 7_777):
        assert draw(tables, [TABLE.slice(i, step) for i in range(0, N, step)], 500).column("x").to_pylist() == whole


def test_every_row_is_equally_likely(tables: Tables) -> None:
    """Rows drawn are spread evenly over the data: chi-squared over its tenths, at one in ten thousand."""
    drawn = draw(tables, [TABLE.slice(i, 700) for i in range(0, N, 700)], 2_000).column("x").to_numpy()
    assert len(set(drawn.tolist())) == 2_000
    counts = np.bincount(drawn * 10 // N, minlength=10)
    assert ((counts - 200) ** 2 / 200).sum() < 33.7


def test_a_chunk_is_read_a_few_columns_at_a_time() -> None:
    """Memory does not grow with the number of columns."""
    wide = pa.table({f"c{i}": [1, 2] for i in range(23)})
    reads: list[int] = []

    def load(names: Any) -> pa.Table:
        reads.append(len(names))
        return wide.select(list(names))

    draw_sample([Chunk("part", "part", {}, 0, 2, wide.schema, load)], lambda _rows: None)
    assert (sum(reads), max(reads)) == (23, COLUMNS_AT_ONCE)


@pytest.mark.parametrize(
    ("chunks", "type_name", "is_mixed"),
    (
        ([[1], [1.5]], "double", False),
        ([[1], [None]], "int64", False),
        ([[1], [1.5], ["x"]], "string", True),
        ([[True], [1]], "string", True),
        ([["a"], [2], ["b"]], "string", True),
        ([[[1]], [None]], "list<item: int64>", False),
    ),
    ids=str,
)
def test_types_that_differ_between_chunks(tables: Tables, chunks: list[Any], type_name: str, is_mixed: bool) -> None:
    """Numbers widen; what does not go together becomes text, and is noted."""
    sample = draw(tables, [pa.table({"x": chunk}) for chunk in chunks], 10)
    assert (str(sample.column("x").type), "x" in sample.mixed) == (type_name, is_mixed)


def test_dictionaries_of_different_chunks(tables: Tables) -> None:
    """Categories of chunks with dictionaries of their own, and plain text, stay what they were."""
    chunks = [pa.array(["a", "b"]).dictionary_encode(), pa.array(["c", "a"]).dictionary_encode(), pa.array(["d", None])]
    sample = draw(tables, [pa.table({"x": chunk}) for chunk in chunks], 10)
    assert sample.column("x").to_pylist() == ["a", "b", "c", "a", "d", None]
    assert sample.mixed == frozenset()


def test_columns_that_some_chunks_lack(tables: Tables) -> None:
    """A column that a file has not is null in its rows."""
    sample = draw(tables, [pa.table({"x": [1]}), pa.table({"y": [2]})], 10)
    assert (sample.names, sample.column("x").to_pylist()) == (("x", "y"), [1, None])
