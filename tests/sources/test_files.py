from __future__ import annotations

import bz2
import gzip
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.files import Files

CSV = b"id,x,s\n1,0.5,a\n2,,b\n3,1e3,\n"
ROWS: list[dict[str, Any]] = [
    {"id": 1, "x": 0.5, "s": "a"},
    {"id": 2, "x": None, "s": "b"},
    {"id": 3, "x": 1000.0, "s": None},
]
JSON_LINES = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)


def zstd(content: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(content, asbytes=True))


def write_parquet(path: Path, rows: list[dict[str, Any]] = ROWS, **options: Any) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path, **options)


@pytest.mark.parametrize(
    ("name", "content"),
    (
        ("log.csv", CSV),
        ("log.tsv", CSV.replace(b",", b"\t")),
        ("semicolons.csv", CSV.replace(b",", b";")),
        ("log.jsonl", JSON_LINES),
        ("log.ndjson", JSON_LINES),
        ("log.json", JSON_LINES),
        ("log.csv.gz", gzip.compress(CSV, mtime=0)),
        ("log.csv.bz2", bz2.compress(CSV)),
        ("log.csv.zst", zstd(CSV)),
        ("log.jsonl.gz", gzip.compress(JSON_LINES, mtime=0)),
        ("members.csv.gz", gzip.compress(CSV[:10], mtime=0) + gzip.compress(CSV[10:], mtime=0)),
        ("no_suffix", CSV),
        ("no_suffix_json", JSON_LINES),
        ("no_inner_suffix.gz", gzip.compress(JSON_LINES, mtime=0)),
        ("gzip_without_suffix.csv", gzip.compress(CSV, mtime=0)),
        ("mark.csv", b"\xef\xbb\xbf" + CSV),
        ("mark.jsonl", b"\xef\xbb\xbf" + JSON_LINES),
        ("windows.csv", CSV.replace(b"\n", b"\r\n")),
        ("windows.jsonl", JSON_LINES.replace(b"\n", b"\r\n")),
        ("empty_lines.csv", b"\n" + CSV.replace(b"\n", b"\n\n")),
    ),
)
def test_same_rows_from_every_format(tmp_path: Path, caller: Callable[..., Any], name: str, content: bytes) -> None:
    """Every text format, compression, line end and byte order mark gives the same rows, once."""
    path = tmp_path / name
    path.write_bytes(content)
    polled = caller(path)
    assert polled.poll() == ROWS
    assert not polled.problems
    assert not polled.rejections
    assert polled.poll() == []
    assert polled.chunks == []


@pytest.mark.parametrize("name", ("log.parquet", "log.pq", "no_suffix"))
def test_same_rows_from_parquet(tmp_path: Path, caller: Callable[..., Any], name: str) -> None:
    """Parquet gives the same rows, one chunk a row group, once."""
    write_parquet(tmp_path / name, row_group_size=2)
    polled = caller(tmp_path / name)
    assert polled.poll() == ROWS
    assert [chunk.rows for chunk in polled.chunks] == [2, 1]
    assert polled.poll() == []
    assert polled.chunks == []


@pytest.mark.parametrize("name", ("log.csv", "log.jsonl", "log.parquet"))
def test_text_is_dictionary_encoded(tmp_path: Path, caller: Callable[..., Any], name: str) -> None:
    """Text comes as one dictionary a column, and as it is where its type is given as None."""
    write_parquet(tmp_path / "log.parquet")
    (tmp_path / "log.csv").write_bytes(CSV)
    (tmp_path / "log.jsonl").write_bytes(JSON_LINES)
    for types, expected in (({"s": pa.string()}, True), ({}, True), ({"s": None}, False)):
        polled = caller(tmp_path / name, types)
        polled.poll()
        (chunk,) = polled.chunks
        assert pa.types.is_dictionary(chunk.schema.field("s").type) == expected
        assert chunk.read(["s"]).schema == pa.schema([chunk.schema.field("s")])
        assert chunk.read(["s"])["s"].to_pylist() == ["a", "b", None]


def test_columns_not_asked_for_are_ignored(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A chunk tells the columns that it could have read beside those that were asked for."""
    write_parquet(tmp_path / "log.parquet")
    (tmp_path / "log.csv").write_bytes(CSV)
    (tmp_path / "log.jsonl").write_bytes(JSON_LINES)
    polled = caller(tmp_path, {"x": pa.float64(), "y": pa.float64()})
    polled.poll()
    assert [(chunk.names, chunk.ignored) for chunk in polled.chunks] == [(("x",), ("id", "s"))] * 3


def test_no_types_infer_every_column(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """Without types every column is read, in the type that its values suggest."""
    (tmp_path / "log.csv").write_text("id,x,s,b,t\n1,0.5,a,true,2024-01-01T00:00:00\n")
    polled = caller(tmp_path / "log.csv", {})
    polled.poll()
    kinds = {field.name: str(field.type) for field in polled.chunks[0].schema}
    assert kinds["id"] == "int64"
    assert kinds["x"] == "double"
    assert kinds["b"] == "bool"
    assert kinds["t"].startswith("timestamp")


def test_files_come_in_order_of_name(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """The files of a folder and of a list are read in order of name, each once, columns as each has them."""
    (tmp_path / "b.csv").write_bytes(b"id,new\n2,1\n")
    (tmp_path / "a.csv").write_bytes(b"id\n1\n")
    polled = caller([tmp_path, tmp_path / "b.csv"], {})
    assert polled.poll() == [{"id": 1}, {"id": 2, "new": 1}]
    (tmp_path / "c.csv").write_bytes(b"id\n3\n")
    assert polled.poll() == [{"id": 3}]


def test_snapshot_gives_every_row_at_every_poll(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """In a snapshot nothing is remembered, and a last line without an end is a row."""
    (tmp_path / "log.csv").write_bytes(CSV.rstrip(b"\n"))
    polled = caller(tmp_path / "log.csv", mode="snapshot")
    assert polled.poll() == ROWS
    assert polled.poll() == ROWS


def test_snapshot_of_a_file_replaced_during_the_poll_is_that_of_the_new_one(
    tmp_path: Path, caller: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot keeps no place in a file, so it takes what is there rather than to be short of a file's rows."""
    (tmp_path / "a.csv").write_bytes(CSV)
    (tmp_path / "b.csv").write_bytes(CSV)
    polled = caller(tmp_path, mode="snapshot")

    def commit_and_replace(chunk: Any, commit: Callable[[Any], None] = polled.commit) -> None:
        commit(chunk)
        (tmp_path / "next").write_bytes(CSV + b"4,,\n")
        (tmp_path / "next").replace(tmp_path / "b.csv")

    monkeypatch.setattr(polled, "commit", commit_and_replace)
    assert [row["id"] for row in polled.poll()] == [1, 2, 3, 1, 2, 3, 4]


def test_fingerprint_changes_with_the_files(tmp_path: Path) -> None:
    """The fingerprint is the same until a file is written, added, or replaced by another of the same size."""
    path = tmp_path / "log.csv"
    path.write_bytes(CSV)
    os.utime(path, (1, 1))
    source = Files(str(tmp_path), mode="snapshot")
    seen = {source.fingerprint(), source.fingerprint()}
    assert len(seen) == 1
    (tmp_path / "new.csv").write_bytes(CSV)
    os.utime(tmp_path / "new.csv", (1, 1))
    seen.add(source.fingerprint())
    (tmp_path / "new.csv").replace(path)
    seen.add(source.fingerprint())
    with path.open("ab") as file:
        file.write(b"4,,\n")
    seen.add(source.fingerprint())
    assert len(seen) == 4


def test_object_store_is_refused() -> None:
    """A URL is refused at once, not reported as a missing file at each poll."""
    with pytest.raises(SourceError, match=r"s3://bucket/log.csv: is not a path of a file system"):
        Files("s3://bucket/log.csv")


def test_missing_file_is_a_problem_at_each_poll(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A path where nothing is, and a pattern that matches nothing, are reported until something is there."""
    (tmp_path / "good.csv").write_bytes(CSV)
    polled = caller([tmp_path / "gone.csv", tmp_path / "x*.csv", tmp_path / "good.csv"])
    assert polled.poll() == ROWS
    assert [problem.where for problem in polled.problems] == [str(tmp_path / "gone.csv"), str(tmp_path / "x*.csv")]
    polled.poll()
    assert polled.texts.startswith(f"{tmp_path}/gone.csv: no file is there; check the path")
    assert len(polled.problems) == 2


def test_unreadable_file_does_not_stop_the_others(
    tmp_path: Path, caller: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that must not be read, or that goes between being found and being opened, is a problem of its own."""
    for name in ("a.csv", "b.csv", "c.csv"):
        (tmp_path / name).write_bytes(CSV)

    def opened(path: Path, *args: Any, **options: Any) -> Any:
        failures = {"a.csv": PermissionError(13, "Permission denied"), "b.csv": FileNotFoundError(2, "No such file")}
        if path.name in failures:
            raise failures[path.name]
        return original(path, *args, **options)

    original = Path.open
    monkeypatch.setattr(Path, "open", opened)
    polled = caller(tmp_path)
    assert polled.poll() == ROWS
    assert "a.csv: cannot be read ([Errno 13] Permission denied); check the file and its permissions" in polled.texts
    assert "b.csv: cannot be read ([Errno 2] No such file)" in polled.texts


def test_position_of_another_version_is_a_problem(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A stored position that this version does not know is reported; the file is neither skipped nor read twice."""
    (tmp_path / "log.csv").write_bytes(CSV)
    polled = caller(tmp_path / "log.csv")
    polled.positions[str(tmp_path / "log.csv")] = {"kind": "pages", "page": 3}
    assert polled.poll() == []
    assert "its stored position is not understood ('pages')" in polled.texts


def test_columns_are_read_from_several_threads(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """Threads may read columns of one chunk at the same time."""
    rows = 20_000
    names = [f"c{i}" for i in range(16)]
    pq.write_table(pa.table({name: range(i, rows + i) for i, name in enumerate(names)}), tmp_path / "wide.parquet")
    polled = caller(tmp_path / "wide.parquet", {})
    polled.poll()
    (chunk,) = polled.chunks
    sums: dict[str, int] = {}

    def read(share: list[str]) -> None:
        for name in share:
            sums[name] = sum(chunk.read([name])[name].to_pylist())

    threads = [threading.Thread(target=read, args=(names[i::4],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sums == {name: rows * (rows - 1) // 2 + i * rows for i, name in enumerate(names)}


@pytest.mark.parametrize("name", ("log.csv", "log.csv.gz", "log.jsonl", "log.parquet"))
def test_memory_does_not_grow_with_the_file(tmp_path: Path, name: str) -> None:
    """Streaming a file four times as long takes no more memory (what Arrow holds, at its peak, chunk by chunk)."""
    path = tmp_path / name
    assert peak(path, 1) > 0
    assert peak(path, 8) < 1.2 * peak(path, 2)


def peak(path: Path, times: int) -> int:
    """Bytes that Arrow holds at most while a file of so many times 20,000 rows is streamed."""
    rows = 20_000
    lines = [f"{i},{i / 7},text {i % 100}" for i in range(rows)]
    if path.suffix == ".parquet":
        ids = pa.array(range(rows * times))
        table = pa.table({"id": ids, "x": ids.cast(pa.float64()), "s": ids.cast(pa.string())})
        pq.write_table(table, path, row_group_size=rows)
        del table, ids
    elif path.suffix == ".jsonl":
        line = "".join(json.dumps({"id": i, "x": i / 7, "s": f"text {i % 100}"}) + "\n" for i in range(rows))
        path.write_text(line * times)
    else:
        content = ("id,x,s\n" + "\n".join(lines * times) + "\n").encode()
        path.write_bytes(gzip.compress(content, 1, mtime=0) if path.suffix == ".gz" else content)
    pool = pa.default_memory_pool()
    before = held = pool.bytes_allocated()
    seen = 0
    types = {"id": pa.int64(), "x": pa.float64(), "s": pa.string()}
    for chunk in Files(str(path), block_bytes=128 * 1024).poll({}, types):
        assert not hasattr(chunk, "what"), chunk
        table = chunk.read(chunk.names)
        held = max(held, pool.bytes_allocated())
        seen += chunk.rows
        del table, chunk
    assert seen == rows * times
    return int(held - before)


@pytest.mark.parametrize("name", ("log.csv", "log.parquet"))
def test_a_restarted_position_is_the_next_generation(tmp_path: Path, caller: Callable[..., Any], name: str) -> None:
    """All rows come again, told from those of before by their generation; what comes then is read on."""
    table = pa.table({"id": pa.array(range(5), pa.int64())})
    (pacsv.write_csv if name.endswith("csv") else pq.write_table)(table, tmp_path / name)
    polled, source = caller(tmp_path), Files(str(tmp_path))
    polled.poll()
    polled.positions = {item: source.restarted(position) for item, position in polled.positions.items()}
    assert [row["id"] for row in polled.poll()] == [0, 1, 2, 3, 4]
    assert {chunk.generation for chunk in polled.chunks if chunk.rows} == {1}
    assert not polled.problems
    assert polled.poll() == []


def test_the_items_are_the_files_that_are_there(tmp_path: Path) -> None:
    """Unless one of the paths has none, which may be a folder that is away."""
    (tmp_path / "a.csv").write_text("id\n1\n")
    assert Files(f"{tmp_path}/*.csv").items() == frozenset([f"{tmp_path}/a.csv"])
    assert Files([f"{tmp_path}/*.csv", f"{tmp_path}/away/*.csv"]).items() is None
