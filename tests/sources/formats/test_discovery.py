from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from mlflow_exporter.sources.formats.discovery import find
from mlflow_exporter.sources.formats.positions import Stamp


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as writers leave it: partitions, markers, files in the making."""
    for name in (
        "b.csv",
        "a.csv",
        "notes.txt",
        "day=1/part-0.parquet",
        "day=1/part-1.parquet.tmp",
        "day=1/.part-2.parquet.crc",
        "day=1/_SUCCESS",
        "day=2/deep/part-0.parquet",
        "_delta_log/0.json",
        ".hidden/a.csv",
        "c.csv.inprogress",
        "log.jsonl.gz",
        "spark.csv/part-0.csv",
        "spark.csv/_temporary/part-1.csv",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("id\n1\n")
    return tmp_path


def names(folder: Path, *patterns: str) -> list[str]:
    items, problems = find([str(folder / pattern) for pattern in patterns])
    assert not problems
    return [str(Path(item.path).relative_to(folder)) for item in items]


def test_an_open_file_is_that_which_was_found_or_another(tmp_path: Path) -> None:
    """A file stays itself while it grows and is renamed; one that has come under its name is another."""
    path = tmp_path / "a.csv"
    path.write_text("id\n")
    (item,), _ = find([str(path)])
    path.write_text("id\n1\n")
    assert item.is_in(pa.OSFile(str(path)))
    path.rename(tmp_path / "b.csv")
    path.write_text("id\n")
    assert item.is_in(pa.OSFile(str(tmp_path / "b.csv")))
    assert not item.is_in(pa.OSFile(str(path)))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    (
        ("a.csv", ["a.csv"]),
        ("notes.txt", ["notes.txt"]),
        ("c.csv.inprogress", ["c.csv.inprogress"]),
        ("*.csv", ["a.csv", "b.csv", "spark.csv/part-0.csv"]),
        ("*.txt", ["notes.txt"]),
        ("day=*/*", ["day=1/part-0.parquet"]),
        ("day=[2-9]/**/*.parquet", ["day=2/deep/part-0.parquet"]),
        ("**/*.json*", ["log.jsonl.gz"]),
        ("day=2", ["day=2/deep/part-0.parquet"]),
        ("spark.csv", ["spark.csv/part-0.csv"]),
        (
            "",
            [
                "a.csv",
                "b.csv",
                "day=1/part-0.parquet",
                "day=2/deep/part-0.parquet",
                "log.jsonl.gz",
                "spark.csv/part-0.csv",
            ],
        ),
    ),
)
def test_patterns_find_the_files_that_are_meant(folder: Path, pattern: str, expected: list[str]) -> None:
    """Files, folders and globs find data in order of name, and nothing that a writer keeps for itself."""
    assert names(folder, pattern) == expected


def test_several_patterns_find_each_file_once(folder: Path) -> None:
    """A file that two patterns match is found once."""
    assert names(folder, "b.csv", "*.csv", "a.csv") == ["a.csv", "b.csv", "spark.csv/part-0.csv"]


def test_brackets_in_a_name_are_taken_literally_where_the_file_exists(tmp_path: Path) -> None:
    """A path that exists is a path, even if it looks like a pattern."""
    (tmp_path / "model[1].csv").write_text("id\n")
    assert names(tmp_path, "model[1].csv") == ["model[1].csv"]


def test_folder_that_looks_hidden_is_searched_when_it_is_named(tmp_path: Path) -> None:
    """Only what lies below the fixed part of a pattern is skipped for its name."""
    (tmp_path / ".data").mkdir()
    (tmp_path / ".data" / "a.csv").write_text("id\n")
    assert names(tmp_path, ".data") == [".data/a.csv"]
    assert names(tmp_path, ".data/*.csv") == [".data/a.csv"]


def test_link_beside_its_file_is_the_same_rows(tmp_path: Path) -> None:
    """`latest.csv` beside the file that it points to is left out; a link to somewhere else is a file."""
    (tmp_path / "data").mkdir()
    (tmp_path / "elsewhere.csv").write_text("id\n")
    (tmp_path / "data" / "day-1.csv").write_text("id\n")
    (tmp_path / "data" / "a-latest.csv").symlink_to("day-1.csv")
    (tmp_path / "data" / "mounted.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert names(tmp_path / "data", "*.csv") == ["day-1.csv", "mounted.csv"]


@pytest.mark.parametrize("link", ("a-current", "z-current"))
def test_link_to_a_folder_is_the_same_files(tmp_path: Path, link: str) -> None:
    """Files below a link to a folder beside it are found under the folder's own name."""
    (tmp_path / "month").mkdir()
    (tmp_path / "month" / "x.csv").write_text("id\n")
    (tmp_path / link).symlink_to("month")
    assert names(tmp_path, "*/x.csv") == ["month/x.csv"]


def test_hard_links_are_the_same_file(tmp_path: Path) -> None:
    """Of several names of one inode the first is found; equal content alone makes no file the same."""
    (tmp_path / "b.csv").write_text("id\n")
    (tmp_path / "a.csv").hardlink_to(tmp_path / "b.csv")
    (tmp_path / "copy.csv").write_text("id\n")
    assert names(tmp_path, "*.csv") == ["a.csv", "copy.csv"]


def test_other_spelling_of_a_path_is_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is reached by two spellings is found once, by the plain one."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x.csv").write_text("id\n")
    monkeypatch.chdir(tmp_path)
    items, problems = find(["./d/../d/*.csv", "d", str(tmp_path / "d")])
    assert not problems
    assert [item.path for item in items] == [str(tmp_path / "d" / "x.csv")]
    assert [item.path for item in find(["./d/../d/*.csv", "d"])[0]] == ["d/x.csv"]


def test_files_without_inode_numbers_are_all_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system that gives each file the inode 0, every name is a file."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("id\n")
    original = Stamp.of
    monkeypatch.setattr(Stamp, "of", lambda status: replace(original(status), inode=0))
    assert names(tmp_path, "*.csv") == ["a.csv", "b.csv"]


def test_what_is_no_regular_file_is_a_problem(tmp_path: Path) -> None:
    """A FIFO, which would block its reader, a socket and a device are told and not given; files beside them are."""
    os.mkfifo(tmp_path / "pipe.csv")
    os.mknod(tmp_path / "socket.csv", stat.S_IFSOCK | 0o600)
    (tmp_path / "a.csv").write_text("id\n")
    items, problems = find([str(tmp_path), "/dev/null"])
    assert [Path(item.path).name for item in items] == ["a.csv"]
    assert [problem.where for problem in problems] == [
        "/dev/null",
        str(tmp_path / "pipe.csv"),
        str(tmp_path / "socket.csv"),
    ]
    assert {problem.what for problem in problems} == {"is no regular file"}


def test_what_is_not_there_is_a_problem(tmp_path: Path) -> None:
    """A missing path, a pattern without match, an empty folder and a broken link are told, one by one."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.csv").symlink_to("nowhere")
    patterns = [str(tmp_path / name) for name in ("gone.csv", "*.parquet", "empty", "broken.csv")]
    items, problems = find(patterns)
    assert items == []
    assert [problem.where for problem in problems] == patterns
    assert {problem.what for problem in problems} == {"no file is there", "cannot be read (No such file or directory)"}


def test_folder_that_must_not_be_read_is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder below that cannot be listed is told by name, and what is listed elsewhere is found."""
    original = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("day=1"):
            raise PermissionError(13, "Permission denied", str(path))
        return original(path)

    monkeypatch.setattr(os, "scandir", refuse)
    items, problems = find([str(folder), str(folder / "a.csv")])
    assert [Path(item.path).name for item in items] == ["a.csv"]
    assert [str(problem) for problem in problems] == [
        f"{folder}/day=1: cannot be read (Permission denied); check that it exists, and its permissions"
    ]
