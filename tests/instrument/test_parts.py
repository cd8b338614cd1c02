from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.instrument.parts import Part, folder_of, recover


@pytest.mark.parametrize("model", ("churn", "a/b", "..", ".hidden", "_private", "x.tmp", "ünï", "a b*[c]"))
def test_the_folder_is_the_one_that_the_source_reads(model: str) -> None:
    """Whoever writes the log and whoever reads it agree, and no name leaves the folder or is skipped."""
    folder = folder_of(Path("logs"), model, "3")
    assert folder == Path("logs", ModelKey(model, "3").folder)
    assert len(folder.parts) == 3
    assert not folder.parts[1].startswith((".", "_"))


def test_a_part_is_hidden_until_it_is_finished(tmp_path: Path) -> None:
    """A reader sees a whole file or none."""
    part = Part(tmp_path / "new", ".jsonl")
    part.append(b"one\n")
    part.append(b"two\n")
    assert [path.name[0] for path in (tmp_path / "new").iterdir()] == ["."]
    part.finish()
    (path,) = (tmp_path / "new").iterdir()
    assert path.name == part.path.name.removeprefix(".")
    assert path.read_bytes() == b"one\ntwo\n"


def test_an_empty_part_leaves_nothing(tmp_path: Path) -> None:
    """A file without a row would be read for nothing."""
    Part(tmp_path, ".jsonl").finish()
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a block that found the disk full is taken back."""
    part = Part(tmp_path, ".jsonl")
    part.append(b"one\n")
    write = os.write

    def full(file: int, data: memoryview) -> int:
        if len(data) <= 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[:4])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        part.append(b"two\nthree\n")
    monkeypatch.undo()
    part.finish()
    assert next(tmp_path.iterdir()).read_bytes() == b"one\n"


def test_what_is_being_written_is_not_recovered(tmp_path: Path) -> None:
    """The lock tells that the writer lives, also to its own process."""
    part = Part(tmp_path / "churn" / "3", ".jsonl")
    part.append(b"one\n")
    assert list(recover(tmp_path, ".jsonl", os.rename)) == []
    part.close()  # as the kernel does for a killed process
    (finished,) = recover(tmp_path, ".jsonl", os.rename)
    assert finished.read_bytes() == b"one\n"


def test_a_part_that_cannot_be_finished_keeps_no_other_from_it(tmp_path: Path) -> None:
    """The others of the folder are finished, and then the first error is told."""
    for version in "123":
        part = Part(tmp_path / "churn" / version, ".jsonl")
        part.append(version.encode())
        part.close()

    def mend(left: Path, finished: Path) -> None:
        if left.parent.name == "2":
            raise OSError(28, "No space left on device")
        left.rename(finished)

    with pytest.raises(OSError, match="No space left"):
        list(recover(tmp_path, ".jsonl", mend))
    assert [path.parent.name for path in sorted(tmp_path.rglob("[!.]*.jsonl"))] == ["1", "3"]


def test_a_file_system_without_locks_keeps_its_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are written as ever; but whose one is cannot be told, so that none is recovered."""

    def no_locks(file: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    part = Part(tmp_path / "churn" / "3", ".jsonl")
    part.append(b"one\n")
    part.close()
    assert list(recover(tmp_path, ".jsonl", os.rename)) == []
