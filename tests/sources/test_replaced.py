"""Logs that are cut, replaced and rewritten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.sources.logs import HEADER, NOW, append, ids, lines, write


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
