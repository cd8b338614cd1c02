"""Local copies of model versions, one folder each: made once for all workers, whole or not at all.

A symbolic link names the copy that was chosen; making the link anew is atomic, so a reader finds the old copy or the
new one, whenever a writer is killed.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ConfigurationError

_CHOSEN, _LOCK, _UNFINISHED = "current", ".lock", ".new-"


@dataclass(frozen=True, slots=True)
class Copy:
    """A model version in a local folder, the one with its MLmodel file."""

    key: ModelKey
    folder: Path


class Copies:
    """The copies in a folder of their own, which several processes may use at the same time.

    Raises ConfigurationError where it cannot be made, or holds other files.
    """

    def __init__(self, folder: Path, where: str = "--fallback") -> None:
        self._folder = folder.absolute()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            strangers = [path.name for path in folder.iterdir() if not _is_own(path.name)]
        except OSError as error:
            mend = "name a folder that may be written"
            raise ConfigurationError(f"{folder} cannot be used: {error.strerror}", where=where, mend=mend) from error
        if strangers:
            what = f"{folder} holds other files, such as {min(strangers)}"
            raise ConfigurationError(what, where=where, mend="name a folder of its own; it is made where there is none")

    def add(self, key: ModelKey, make: Callable[[Path], Path]) -> Copy:
        """The copy of a version; where there is none yet, `make` is given an empty folder to make it inside of.

        It returns the folder it made. Whatever it raises leaves nothing behind.
        """
        copy = Copy(key, self._folder / _named(key))
        with self._locked():
            if not copy.folder.exists():
                with tempfile.TemporaryDirectory(dir=self._folder, prefix=_UNFINISHED) as unfinished:
                    make(Path(unfinished)).rename(copy.folder)
        return copy

    def take(self, other: Copy) -> None:
        """Choose a copy of the copy, which may be anywhere else."""
        copied = self.add(other.key, lambda folder: Path(shutil.copytree(other.folder, folder / "model")))
        self.choose(copied)

    def __contains__(self, copy: Copy) -> bool:
        """Whether the copy is one of these, and not of another folder."""
        return copy.folder.parent == self._folder

    def choose(self, copy: Copy) -> None:
        """Make it the one to begin with; copies before the one that was chosen last are deleted."""
        with self._locked():
            before = self.chosen()
            if before == copy:
                return
            link = self._folder / f"{_UNFINISHED}link"
            link.unlink(missing_ok=True)
            link.symlink_to(copy.folder.name)
            link.replace(self._folder / _CHOSEN)
            self._prune({copy.folder, before.folder if before else copy.folder})

    def chosen(self) -> Copy | None:
        """The copy that was chosen, None where none was."""
        try:
            name = (self._folder / _CHOSEN).readlink().name
        except OSError:
            return None
        model, _, version = name.partition("@")
        return Copy(ModelKey(_unquoted(model), _unquoted(version)), self._folder / name)

    def _prune(self, kept: set[Path]) -> None:
        for path in self._folder.iterdir():
            if "@" in path.name and path not in kept:
                shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _named(key: ModelKey) -> str:
    return f"{_quoted(key.name)}@{_quoted(key.version)}"


def _quoted(text: str) -> str:
    # MLflow unquotes the paths that it loads, so there must be no percent sign in them.
    return quote(text, safe="").replace("%", "=")


def _unquoted(text: str) -> str:
    return unquote(text.replace("=", "%"))


def _is_own(name: str) -> bool:
    return name in (_CHOSEN, _LOCK) or name.startswith(_UNFINISHED) or "@" in name
