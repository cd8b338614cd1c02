"""Logs that are renamed, linked and begun anew, with callers that are killed in between."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.sources.logs import HEADER, append, create, ids, lines

from mlflow_exporter.sources.formats import discovery


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
    polled = caller(f"{tmp_path}/*log*")
    create(tmp_path / name, 0, 9)
    polled.poll()
    (old,) = {chunk.known_as for chunk in polled.chunks}
    (tmp_path / name).rename(tmp_path / f"1-{name}")
    if polls == "between":
        polled.poll()
    create(tmp_path / name, 6, 9)
    if polls == "killed":
        polled.poll(kill_at=1)
    assert ids(polled.poll()) == [6, 7, 8]
    assert not polled.problems
    (fresh,) = {chunk.known_as for chunk in polled.chunks if chunk.item == str(tmp_path / name)}
    assert fresh != old
    assert {chunk.generation for chunk in polled.chunks} == {0}
    create(tmp_path / name, 20, 22)
    assert ids(polled.poll()) == [20, 21]
    assert [(chunk.known_as, chunk.generation) for chunk in polled.chunks] == [(fresh, 1)]
    (tmp_path / f"1-{name}").rename(tmp_path / f"2-{name}")
    polled.poll()
    assert {chunk.known_as for chunk in polled.chunks} == {old}


@pytest.mark.parametrize("name", ("log.csv", "log.jsonl", "log.csv.gz", "log.parquet"))
def test_log_rotated_during_a_poll_is_read_once(
    tmp_path: Path, caller: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """One that is renamed and begun anew after it was found, and before it is opened, is left to the next poll."""
    log = tmp_path / name
    create(log, 0, 9)
    polled = caller(f"{tmp_path}/*log*")
    polled.poll()
    create(log, 0, 12)
    create(tmp_path / f"backlog-{name}", 100, 103)

    def commit_and_rotate(chunk: Any, commit: Callable[[Any], None] = polled.commit) -> None:
        commit(chunk)
        if not (tmp_path / f"z-{name}").exists():
            log.rename(tmp_path / f"z-{name}")
            create(log, 20, 26)

    with monkeypatch.context() as patch:
        patch.setattr(polled, "commit", commit_and_rotate)
        assert ids(polled.poll()) == [100, 101, 102]
        assert not polled.problems
    assert ids(polled.poll()) == [9, 10, 11, *range(20, 26)]
    assert not polled.problems
    assert {chunk.generation for chunk in polled.chunks} == {0}
    assert polled.poll() == []


def test_log_rotated_while_files_are_listed_is_read_once(
    tmp_path: Path, caller: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that got its new name after the folder was listed, and before it was looked at, is looked for again."""
    log, older = tmp_path / "log.csv", tmp_path / "log-1.csv"
    create(log, 0, 9)
    polled = caller(f"{tmp_path}/log*.csv")
    polled.poll()

    def rotate_and_look(paths: Any, look: Callable[..., Any] = discovery._stamped) -> Any:
        if not older.exists():
            log.rename(older)
            create(log, 20, 26)
        return look(paths)

    monkeypatch.setattr(discovery, "_stamped", rotate_and_look)
    assert ids(polled.poll()) == list(range(20, 26))
    assert not polled.problems
    assert polled.poll() == []


def test_inode_of_a_deleted_log_does_not_hide_that_of_a_renamed_one(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A log that got the inode of a deleted one, of which more was read, is known again when it is renamed."""
    deleted, log = tmp_path / "log-1.csv", tmp_path / "log.csv"
    create(deleted, 0, 100)
    polled = caller(f"{tmp_path}/log*.csv")
    polled.poll()
    deleted.rename(log)
    create(log, 200, 210)
    assert ids(polled.poll()) == list(range(200, 210))
    log.rename(tmp_path / "log-2.csv")
    assert polled.poll() == []
    assert not polled.problems
