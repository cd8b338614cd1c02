from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats.parquet import ParquetFile
from mlflow_exporter.sources.formats.positions import Stamp
from mlflow_exporter.sources.source import Types

NOW = 1_000_000_000


def table(start: int, stop: int) -> pa.Table:
    return pa.table({"id": range(start, stop), "s": [f"text {i % 3}" for i in range(start, stop)]})


def write(path: Path, rows: pa.Table, at: int = NOW, **options: Any) -> None:
    pq.write_table(rows, path, **options)
    os.utime(path, (at, at))


def opened(path: Path, types: Types) -> ParquetFile:
    return ParquetFile(str(path), pa.OSFile(str(path)), types)


def test_resumes_at_the_next_row_group(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A caller that is killed between row groups gets the rest, and nothing twice."""
    write(tmp_path / "log.parquet", table(0, 10), row_group_size=3)
    polled = caller(tmp_path / "log.parquet", {})
    polled.poll(kill_at=2)
    assert [row["id"] for row in polled.rows] == list(range(6))
    polled.poll()
    assert [row["id"] for row in polled.rows] == list(range(10))
    assert polled.chunks[0].origin == f"{tmp_path}/log.parquet, row group 3"


@pytest.mark.parametrize("size", (0, 3, 100, -1))
def test_cut_file_is_a_problem_until_it_is_whole(tmp_path: Path, caller: Callable[..., Any], size: int) -> None:
    """A file that is cut off, or still being written, is told at each poll, and read once it is whole."""
    path = tmp_path / "log.parquet"
    write(path, table(0, 10))
    content = path.read_bytes()
    path.write_bytes(content[:size])
    (tmp_path / "other.csv").write_text("id,s\n77,a\n")
    polled = caller(tmp_path, {})
    assert [row["id"] for row in polled.poll()] == [77]
    assert polled.poll() == []
    assert f"{path}: is cut off or still being written (" in polled.texts
    assert "write to another name and rename" in polled.texts
    path.write_bytes(content)
    assert [row["id"] for row in polled.poll()] == list(range(10))
    assert not polled.problems


def test_replaced_file_is_read_anew(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """Other content under the same name is reported and read as the next generation, shorter or longer."""
    path = tmp_path / "log.parquet"
    polled = caller(path, {})
    for generation, (start, stop) in enumerate(((0, 10), (50, 53), (100, 120))):
        write(path, table(start, stop), NOW + generation, row_group_size=2)
        assert [row["id"] for row in polled.poll()] == list(range(start, stop))
        assert {chunk.generation for chunk in polled.chunks} == {generation}
        assert ("was replaced by other content" in polled.texts) == (generation > 0)


def test_file_with_more_row_groups_goes_on(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A file that was written again with the same row groups and more of them gives the new ones only."""
    path = tmp_path / "log.parquet"
    write(path, table(0, 6), row_group_size=3)
    polled = caller(path, {})
    polled.poll()
    write(path, table(0, 11), NOW + 1, row_group_size=3)
    assert [row["id"] for row in polled.poll()] == list(range(6, 11))
    assert not polled.problems


def test_renamed_file_is_not_read_again(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A file that is moved within the folder keeps its position."""
    write(tmp_path / "a.parquet", table(0, 6), row_group_size=3)
    polled = caller(tmp_path, {})
    polled.poll(kill_at=1)
    (tmp_path / "a.parquet").rename(tmp_path / "b.parquet")
    polled.poll()
    assert polled.poll() == []
    assert [row["id"] for row in polled.rows] == list(range(6))


@pytest.mark.parametrize("rows", (pa.table({"id": pa.array([], pa.int64())}), pa.table({})))
def test_file_without_rows(tmp_path: Path, caller: Callable[..., Any], rows: pa.Table) -> None:
    """A file without rows, or without columns, is no problem and is looked at once."""
    write(tmp_path / "log.parquet", rows)
    polled = caller(tmp_path / "log.parquet", {})
    assert polled.poll() == []
    assert not polled.problems
    assert polled.poll() == []
    assert polled.chunks == []


@pytest.mark.parametrize("kind", (pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())))
def test_text_of_every_kind_is_dictionary_encoded(tmp_path: Path, kind: pa.DataType) -> None:
    """Text is dictionary-encoded however Arrow stored it, and comes as it is where its type is None."""
    values = ["a", None, "b", "a", ""]
    write(tmp_path / "log.parquet", pa.table({"s": pa.array(values).cast(kind)}))
    file = opened(tmp_path / "log.parquet", {})
    column = file.read(0, ["s"])["s"]
    assert pa.types.is_dictionary(column.type)
    assert column.type == file.schema.field("s").type
    assert column.to_pylist() == values
    plain = opened(tmp_path / "log.parquet", {"s": None}).read(0, ["s"])["s"]
    assert pa.types.is_dictionary(plain.type) == pa.types.is_dictionary(kind)


def test_other_types_are_left_as_they_are(tmp_path: Path) -> None:
    """What the file says of its types is right; nothing is converted to what was asked for."""
    rows = pa.table(
        {"i": pa.array([2**62 + 1]), "f": pa.array([1.5], pa.float32()), "t": pa.array([1], pa.timestamp("ms"))}
    )
    write(tmp_path / "log.parquet", rows)
    file = opened(tmp_path / "log.parquet", {name: pa.string() for name in rows.column_names})
    assert file.read(0, ["t", "i", "f"]).to_pylist() == rows.select(["t", "i", "f"]).to_pylist()
    assert file.schema.types == rows.schema.types


def test_names_that_come_twice_or_have_dots(tmp_path: Path) -> None:
    """Of two columns of a name the first is read; a dot in a name is no path; nested columns come whole."""
    rows = pa.Table.from_arrays(
        [pa.array([1]), pa.array([2]), pa.array([3]), pa.array([{"y": 4}])], names=["a", "a", "a.b", "x"]
    )
    write(tmp_path / "log.parquet", rows)
    file = opened(tmp_path / "log.parquet", {})
    assert file.schema.names == ["a", "a.b", "x"]
    assert file.read(0, ["x", "a", "a.b"]).to_pylist() == [{"x": {"y": 4}, "a": 1, "a.b": 3}]


def test_damaged_row_group_is_an_error_that_names_it(tmp_path: Path) -> None:
    """Data that is damaged behind an intact footer fails when it is read, and says where."""
    path = tmp_path / "log.parquet"
    write(path, table(0, 1000), compression="zstd", row_group_size=500)
    content = bytearray(path.read_bytes())
    start = pq.read_metadata(path).row_group(1).column(0).dictionary_page_offset
    content[start : start + 60] = b"\xff" * 60
    path.write_bytes(content)
    file = opened(path, {})
    assert file.read(0, ["id"]).num_rows == 500
    with pytest.raises(SourceError, match=r"log.parquet: row group 2 is damaged"):
        file.read(1, ["id"])


def test_replacing_a_file_does_not_disturb_who_reads_it(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """Columns read after the file was replaced by another one are still those of the chunk."""
    path = tmp_path / "log.parquet"
    write(path, table(0, 10))
    polled = caller(path, {})
    polled.poll()
    write(tmp_path / "next", table(50, 90))
    (tmp_path / "next").replace(path)
    assert polled.chunks[0].read(["id"])["id"].to_pylist() == list(range(10))


def test_marks_tell_row_groups_of_the_same_size_apart(tmp_path: Path) -> None:
    """Two row groups of as many bytes are told apart by their extremes, and the same one is known again."""
    marks = []
    for values in (np.arange(8.0), np.arange(8.0) + 1, np.arange(8.0)):
        write(tmp_path / "log.parquet", pa.table({"x": values}), compression="none", use_dictionary=False)
        marks.append(opened(tmp_path / "log.parquet", {}).mark(0))
    assert marks[0] == marks[2] != marks[1]


def test_memory_is_that_of_the_columns_read(tmp_path: Path) -> None:
    """Reading two of forty columns of a row group takes a fraction of the memory of the whole."""
    rows = 50_000
    path = tmp_path / "log.parquet"
    write(path, pa.table({f"x{i}": np.arange(rows) * 0.5 + i for i in range(40)}), row_group_size=rows)
    file = opened(path, {})
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    part = file.read(0, ["x3", "x20"])
    assert part.num_rows == rows
    assert pool.bytes_allocated() - before < 4 * rows * 8
    assert Stamp.of(path.stat()).size > 40 * rows
