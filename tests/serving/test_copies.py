from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.serving.copies import Copies, Copy

KEY = ModelKey("late flights/é@1", "3")


def make(inside: Path) -> Path:
    """A folder with a file."""
    (inside / "model").mkdir()
    (inside / "model" / "MLmodel").write_text("flavors: {}\n")
    return inside / "model"


def test_a_copy_is_made_once(tmp_path: Path) -> None:
    """What is there is not made again, by whomever it was made."""
    made = Copies(tmp_path / "copies").add(KEY, make)
    assert (made.folder / "MLmodel").read_text() == "flavors: {}\n"

    def never(inside: Path) -> Path:
        raise AssertionError("it is there")

    assert Copies(tmp_path / "copies").add(KEY, never) == made


def test_many_at_once_make_it_once(tmp_path: Path) -> None:
    """Of several that ask at the same time one makes it, and the others wait for it."""
    made = []

    def counted(inside: Path) -> Path:
        made.append(inside)
        return make(inside)

    threads = [threading.Thread(target=lambda: Copies(tmp_path).add(KEY, counted)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """A download that breaks off is not taken for a copy."""

    def half(inside: Path) -> Path:
        make(inside)
        raise OSError("the disk is full")

    copies = Copies(tmp_path)
    with pytest.raises(OSError, match="the disk is full"):
        copies.add(KEY, half)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    assert (copies.add(KEY, make).folder / "MLmodel").exists()


def test_the_chosen_one_is_remembered_by_name_and_version(tmp_path: Path) -> None:
    """Whatever characters a name has, the version that was chosen is found again."""
    copies = Copies(tmp_path)
    assert copies.chosen() is None
    copies.choose(copies.add(KEY, make))
    assert Copies(tmp_path).chosen() == Copy(KEY, tmp_path / "late=20flights=2F=C3=A9=401@3")


def test_old_copies_are_deleted_but_for_the_last(tmp_path: Path) -> None:
    """The one before the chosen one stays: a slower worker may still load it."""
    copies = Copies(tmp_path)
    for number in "1234":
        copies.choose(copies.add(ModelKey("churn", number), make))
    assert sorted(path.name for path in tmp_path.iterdir() if "@" in path.name) == ["churn@3", "churn@4"]


def test_a_copy_from_elsewhere_is_taken_whole(tmp_path: Path) -> None:
    """Taking copies the files, and chooses the copy."""
    other = Copies(tmp_path / "one").add(KEY, make)
    kept = Copies(tmp_path / "two")
    kept.take(other)
    chosen = kept.chosen()
    assert chosen is not None
    assert (chosen.folder / "MLmodel").read_text() == (other.folder / "MLmodel").read_text()
    assert not list((tmp_path / "two").glob(".new-*"))


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    """Nothing is written among the files of somebody else."""
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(ConfigurationError, match=r"holds other files, such as thesis\.tex; name a folder of its own"):
        Copies(tmp_path)


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """The error names the option and the folder."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=rf"^--fallback: {tmp_path}/file/x cannot be used: Not a directory"):
        Copies(tmp_path / "file" / "x")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
