"""Logs that grow, and what may be among them, with callers that are killed in between."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.logs import HEADER, NOW, append, ids, lines, write


def test_growing_log_goes_on_where_it_was_left(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """Only new lines are read; a half-written one waits for its end."""
    path = tmp_path / "log.csv"
    path.write_bytes(HEADER + lines(0, 3) + b"3,3.5")
    polled = caller(path)
    assert ids(polled.poll()) == [0, 1, 2]
    assert polled.chunks[0].origin == f"{path}, lines 2–4"
    append(path, b",s3\n4,4.5,")
    assert polled.poll() == [{"id": 3, "x": 3.5, "s": "s3"}]
    assert polled.chunks[0].origin == f"{path}, lines 5–5"
    append(path, b"s4\n")
    assert polled.poll() == [{"id": 4, "x": 4.5, "s": "s4"}]
    assert not polled.problems
    assert polled.chunks[0].generation == 0


def test_header_without_rows_waits_for_them(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """An empty file, half a header and a header alone are no problem: the rows come when they are written."""
    path = tmp_path / "log.csv"
    polled = caller(path)
    for content in (b"", b"id,x", b",s", b"\n"):
        append(path, content)
        assert polled.poll() == []
        assert not polled.problems
    append(path, lines(0, 2))
    assert ids(polled.poll()) == [0, 1]


def test_unchanged_file_is_not_opened(
    tmp_path: Path, caller: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that has not changed since it was read to its end costs a stat."""
    for name, content in (("a.csv", HEADER + lines(0, 3)), ("b.csv.gz", gzip.compress(HEADER + lines(0, 3)))):
        (tmp_path / name).write_bytes(content)
    pq.write_table(pa.table({"id": [1]}), tmp_path / "c.parquet")
    polled = caller(tmp_path)
    assert len(polled.poll()) == 7
    monkeypatch.setattr(pa, "OSFile", None)
    monkeypatch.setattr(Path, "open", None)
    assert polled.poll() == []
    assert not polled.problems


def test_touched_file_is_looked_at_once(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A file whose time alone has changed gives no rows, and a position that says so."""
    pq.write_table(pa.table({"id": [1]}), tmp_path / "b.parquet")
    (tmp_path / "a.csv").write_bytes(HEADER + lines(0, 3))
    polled = caller(tmp_path)
    polled.poll()
    for path in tmp_path.iterdir():
        os.utime(path, (NOW, NOW))
    assert polled.poll() == []
    assert [chunk.rows for chunk in polled.chunks] == [0, 0]
    assert polled.poll() == []
    assert polled.chunks == []
    assert not polled.problems


def test_line_that_never_ends_is_reported(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A last line without an end is no problem while it is fresh, and one when it has not gone on for a minute."""
    path = tmp_path / "log.csv"
    now = [NOW + 1]
    write(path, HEADER + lines(0, 2) + b"2,2.5,s")
    polled = caller(path, clock=lambda: now[0])
    polled.poll()
    polled.poll()
    assert not polled.problems
    now[0] += 60
    polled.poll()
    assert polled.texts == (
        f"{path}: its last line (7 bytes) has no line end, so it waits for the rest; end every line with a line break"
    )


def test_pipe_does_not_block(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A FIFO is a problem of its own, and the file beside it is read."""
    os.mkfifo(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes(HEADER + lines(0, 2))
    polled = caller(tmp_path)
    assert ids(polled.poll()) == [0, 1]
    assert polled.texts == f"{tmp_path}/a.csv: is no regular file; give a file, not a pipe, a socket or a device"


def test_compressed_log_that_grows_by_members(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A gzip file to which a member is appended goes on where it was left."""
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(HEADER + lines(0, 50_000)))
    polled = caller(path, block_bytes=100_000)
    assert len(polled.poll()) == 50_000
    append(path, gzip.compress(lines(50_000, 50_002)))
    assert ids(polled.poll()) == [50_000, 50_001]
    assert not polled.problems


def test_compressed_file_that_is_being_written(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """Half a gzip file is a problem until it is whole, and then gives each row once."""
    path = tmp_path / "log.csv.gz"
    content = gzip.compress(HEADER + lines(0, 200_000))
    polled = caller(path, block_bytes=100_000)
    for size in (len(content) // 3, len(content) - 4):
        path.write_bytes(content[:size])
        polled.poll()
        assert "log.csv.gz: cannot be read (" in polled.texts
    path.write_bytes(content)
    polled.poll()
    assert not polled.problems
    assert ids(polled.rows) == list(range(200_000))


TEXTS = ["", "ä", 'q"', "c,d", "日本", "\\n"]
ROWS: list[dict[str, Any]] = [{"id": i, "x": i / 3 if i % 4 else None, "s": text} for i, text in enumerate(TEXTS)]
CSV_ROWS = [f'{i},{i / 3 if i % 4 else ""},"{text.replace(chr(34), 2 * chr(34))}"' for i, text in enumerate(TEXTS)]
CSV_LOG = "id,x,s\r\n" + "".join(f"{row}\n" for row in CSV_ROWS)
JSON_LOG = "".join(json.dumps(row, ensure_ascii=i % 2 == 0) + "\n" for i, row in enumerate(ROWS))


@pytest.mark.parametrize("name", ("log.csv", "log.jsonl"))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_growth_at_any_byte_gives_the_same_rows(name: str, data: st.DataObject, caller: Callable[..., Any]) -> None:
    """However a log is cut into writes, with a poll after each, the rows are those of reading it whole."""
    content = (CSV_LOG if name == "log.csv" else JSON_LOG).encode()
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=8).map(sorted))
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        polled = caller(path, block_bytes=data.draw(st.sampled_from((1, 7, 64, 4096))))
        for start, stop in zip([0, *cuts], [*cuts, len(content)], strict=True):
            append(path, content[start:stop])
            polled.poll()
            assert not polled.problems
            assert not polled.rejections
    expected = ROWS if name == "log.jsonl" else [{**row, "s": row["s"] or None} for row in ROWS]
    assert [{**row, "x": row["x"] and pytest.approx(row["x"])} for row in expected] == polled.rows


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_kills_and_restarts_count_each_row_once(data: st.DataObject, caller: Callable[..., Any]) -> None:
    """Whatever is killed between two commits, while files of every format grow, each row is counted exactly once."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        polled = caller(folder, block_bytes=data.draw(st.integers(1, 200)))
        written = 0
        for step in range(data.draw(st.integers(1, 4))):
            for log, start in ((folder / "a.csv", HEADER), (folder / "b.csv", HEADER)):
                size = data.draw(st.integers(0, 12))
                append(log, (b"" if log.exists() else start) + lines(written, written + size))
                written += size
            size = data.draw(st.integers(0, 12))
            table = pa.table({"id": pa.array(range(written, written + size), pa.int64())})
            pq.write_table(table, folder / f"{step}.parquet", row_group_size=3)
            written += size
            (folder / f"{step}.csv.gz").write_bytes(gzip.compress(HEADER + lines(written, written + 5)))
            written += 5
            polled.poll(data.draw(st.none() | st.integers(0, 12)))
        polled.poll()
        assert sorted(ids(polled.rows)) == list(range(written))
        assert polled.poll() == []
