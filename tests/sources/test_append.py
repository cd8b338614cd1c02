"""Logs that grow, are cut, replaced, rewritten and rotated, with callers that are killed in between."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

HEADER = b"id,x,s\n"
NOW = 1_000_000_000.0


def lines(start: int, stop: int) -> bytes:
    return b"".join(b"%d,%d.5,s%d\n" % (i, i, i) for i in range(start, stop))


def ids(rows: Sequence[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def write(path: Path, content: bytes, at: float = NOW) -> None:
    """Replace the content of the file in place."""
    path.write_bytes(content)
    os.utime(path, (at, at))


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


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


def test_replaced_file_is_reported_and_read_anew(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """Other content under the same name is read from its start, as the next generation, with a notice."""
    path = tmp_path / "log.csv"
    write(path, HEADER + lines(0, 10))
    polled = caller(path)
    polled.poll()
    write(path, HEADER + lines(100, 140))
    assert ids(polled.poll()) == list(range(100, 140))
    assert polled.chunks[0].generation == 1
    assert polled.texts.startswith(f"{path}: was replaced by other content; it is read from its start again")
    append(path, lines(140, 141))
    assert ids(polled.poll()) == [140]
    assert polled.chunks[0].generation == 1
    assert not polled.problems


def test_same_length_with_other_content_is_noticed(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A file that was replaced by one of the same size is recognised by its content, not only its length."""
    path = tmp_path / "log.csv"
    write(path, HEADER + lines(10, 20))
    polled = caller(path)
    polled.poll()
    write(path, HEADER + lines(20, 30), NOW + 1)
    assert ids(polled.poll()) == list(range(20, 30))


def test_change_in_the_first_row_is_noticed(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """Where only the beginning differs, far before the place that was reached, the file is another one."""
    path = tmp_path / "log.csv"
    write(path, HEADER + b"7,0.5,first\n" + lines(1, 2000))
    polled = caller(path)
    polled.poll()
    write(path, HEADER + b"8,0.5,first\n" + lines(1, 2000), NOW + 1)
    assert len(polled.poll()) == 2000
    assert "was replaced" in polled.texts


def test_truncated_log_with_new_rows_is_read_anew(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A log that was emptied and begun anew (copytruncate) gives its new rows at once, each once."""
    path = tmp_path / "log.csv"
    write(path, HEADER + lines(0, 100))
    polled = caller(path)
    polled.poll()
    write(path, HEADER + lines(100, 103))
    assert ids(polled.poll()) == [100, 101, 102]
    assert polled.chunks[0].generation == 1
    assert "was replaced by other content" in polled.texts


def test_file_rewritten_in_place_is_not_counted_twice(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A poll that meets a file in the middle of being rewritten with its old rows and more waits for the end."""
    path = tmp_path / "log.csv"
    content = HEADER + lines(0, 100)
    write(path, content)
    polled = caller(path, clock=lambda: NOW + 1)
    assert len(polled.poll()) == 100
    for size in (0, 3, len(HEADER), 40, 700, len(content) - 1):
        write(path, content[:size])
        assert polled.poll() == []
        assert (
            f"{path}: is shorter than what was read of it (of {len(content):,} bytes); nothing is read" in polled.texts
        )
    write(path, content + lines(100, 103))
    assert ids(polled.poll()) == [100, 101, 102]
    assert not polled.problems


def test_file_cut_for_good_is_read_anew(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A file that stays shorter is read again from its start once nobody has written to it for a minute."""
    path = tmp_path / "log.csv"
    now = [NOW + 1]
    write(path, HEADER + lines(0, 100))
    polled = caller(path, clock=lambda: now[0])
    polled.poll()
    write(path, HEADER + lines(0, 10))
    assert polled.poll() == []
    now[0] += 60
    assert ids(polled.poll()) == list(range(10))
    assert polled.chunks[0].generation == 1
    assert "is shorter than what was read of it" in polled.texts
    assert "is read from its start again" in polled.texts


def test_atomic_rewrite_with_the_same_beginning_goes_on(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A file that is replaced by its own longer version (another inode) goes on where it was left."""
    path = tmp_path / "log.csv"
    write(path, HEADER + lines(0, 10))
    polled = caller(path)
    polled.poll()
    write(tmp_path / "next", HEADER + lines(0, 13))
    (tmp_path / "next").replace(path)
    assert ids(polled.poll()) == [10, 11, 12]
    assert polled.chunks[0].generation == 0
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


@pytest.mark.parametrize("parts", (("log.csv",), ("log.csv", "log-1.csv"), ("log.csv", "log-1.csv", "log-2.csv")))
def test_rotated_log_is_read_once(tmp_path: Path, caller: Callable[..., Any], parts: Sequence[str]) -> None:
    """Rows written before, between and after rotations by renaming are read once, the last ones of each file too."""
    polled = caller(f"{tmp_path}/log*.csv")
    written = 0
    for _ in range(5):
        paths = [tmp_path / name for name in parts]
        paths[0].write_bytes(HEADER + lines(written, written + 5))
        polled.poll()
        assert not polled.problems
        append(paths[0], lines(written + 5, written + 8))
        written += 8
        if len(parts) > 1:
            for newer, older in reversed(list(pairwise(paths))):
                if newer.exists():
                    newer.replace(older)
        else:
            paths[0].replace(tmp_path / f"log-{written}.csv")
    polled.poll()
    assert ids(polled.rows) == list(range(written))


def test_kill_during_rotation_counts_nothing_twice(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A caller that is killed after any chunk of the poll that meets a rotation still counts each row once."""
    for kill_at in range(6):
        for path in tmp_path.iterdir():
            path.unlink()
        polled = caller(f"{tmp_path}/log*.csv", block_bytes=64)
        current, older, oldest = (tmp_path / name for name in ("log.csv", "log-1.csv", "log-2.csv"))
        older.write_bytes(HEADER + lines(0, 3))
        current.write_bytes(HEADER + lines(10, 13))
        polled.poll()
        append(current, lines(13, 15))
        older.replace(oldest)
        current.replace(older)
        current.write_bytes(HEADER + lines(20, 22))
        polled.poll(kill_at)
        polled.poll()
        polled.poll()
        assert sorted(ids(polled.rows)) == [0, 1, 2, *range(10, 15), 20, 21], kill_at


def test_inode_that_is_used_again_is_not_taken_for_a_renamed_file(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A new file that got the inode of a deleted one is read from its start, without any notice."""
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_bytes(HEADER + lines(0, 5))
    polled = caller(tmp_path)
    polled.poll()
    old.rename(new)
    new.write_bytes(HEADER + lines(50, 60))
    assert ids(polled.poll()) == list(range(50, 60))
    assert not polled.problems
    assert polled.chunks[0].generation == 0


def test_hard_links_are_read_once(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """Two names of one inode are one file, whichever comes and goes, and then cost a stat."""
    (tmp_path / "b.csv").write_bytes(HEADER + lines(0, 5))
    polled = caller(tmp_path)
    polled.poll()
    os.link(tmp_path / "b.csv", tmp_path / "a.csv")
    append(tmp_path / "b.csv", lines(5, 6))
    assert ids(polled.poll()) == [5]
    (tmp_path / "a.csv").unlink()
    append(tmp_path / "b.csv", lines(6, 7))
    assert ids(polled.poll()) == [6]
    polled.poll()
    assert polled.chunks == []
    assert not polled.problems


@pytest.mark.parametrize("name", ("log.csv", "log.parquet"))
@pytest.mark.parametrize("polls", ("together", "between", "killed"))
def test_log_begun_anew_after_a_rename_is_no_generation_of_the_renamed_one(
    tmp_path: Path, caller: Callable[..., Any], name: str, polls: str
) -> None:
    """Rows of a fresh log are not taken for those of the one that had its name, even where they are equal to them."""

    def fill(start: int, stop: int) -> None:
        if name == "log.csv":
            (tmp_path / name).write_bytes(HEADER + lines(start, stop))
        else:
            pq.write_table(pa.table({"id": pa.array(range(start, stop), pa.int64())}), tmp_path / name)

    polled = caller(f"{tmp_path}/*log*")
    fill(0, 9)
    polled.poll()
    (old,) = {chunk.known_as for chunk in polled.chunks}
    (tmp_path / name).rename(tmp_path / f"1-{name}")
    if polls == "between":
        polled.poll()
    fill(6, 9)
    if polls == "killed":
        polled.poll(kill_at=1)
    assert ids(polled.poll()) == [6, 7, 8]
    assert not polled.problems
    (fresh,) = {chunk.known_as for chunk in polled.chunks if chunk.item == str(tmp_path / name)}
    assert fresh != old
    assert {chunk.generation for chunk in polled.chunks} == {0}
    fill(20, 22)
    assert ids(polled.poll()) == [20, 21]
    assert [(chunk.known_as, chunk.generation) for chunk in polled.chunks] == [(fresh, 1)]
    (tmp_path / f"1-{name}").rename(tmp_path / f"2-{name}")
    polled.poll()
    assert {chunk.known_as for chunk in polled.chunks} == {old}


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
