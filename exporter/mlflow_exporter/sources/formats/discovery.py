"""Which files a path, a pattern or a folder stands for."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from mlflow_exporter.domain import Problem
from mlflow_exporter.sources.formats.detection import has_known_suffix
from mlflow_exporter.sources.formats.positions import Stamp

_UNFINISHED = (".tmp", ".inprogress")


@dataclass(frozen=True, slots=True)
class Item:
    """A file that was found, and the stamp it had then."""

    path: str
    stamp: Stamp

    def is_in(self, file: pa.NativeFile) -> bool:
        """Whether an open file is the one that was found, and not another that has its name by now."""
        status = os.fstat(file.fileno())
        return (status.st_dev, status.st_ino) == (self.stamp.device, self.stamp.inode)


def find(patterns: Sequence[str]) -> tuple[list[Item], list[Problem]]:
    """The files, each once and in order of name, and what is wrong with the patterns and the files.

    A file that is reached by several names (links to it or to a folder above it, hard links, other spellings of the
    path) is found under one of them: the first by name, one without links before others.

    A pattern is a file, a folder (every file below whose suffix is known) or a glob (`**` crosses folders). Names that
    start with `.` or `_`, or end in `.tmp` or `.inprogress`, belong to writers and are skipped unless named in full.
    """
    paths: set[str] = set()
    problems = []
    for pattern in patterns:
        try:
            found = list(_expand(pattern))
        except OSError as error:
            problems.append(_unreadable(error.filename or pattern, error))
            continue
        if not found:
            problems.append(Problem(pattern, "no file is there", "check the path, and that the writer has started"))
        paths.update(found)
    items, unreadable = _stamped(sorted(paths))
    return _without_second_names(items), problems + unreadable


def _expand(pattern: str) -> Iterator[str]:
    path = Path(pattern)
    if os.path.lexists(pattern):
        return _below(path) if path.is_dir() else iter([pattern])
    return _matches(pattern) if glob.has_magic(pattern) else iter(())


def _matches(pattern: str) -> Iterator[str]:
    fixed = next(parent for parent in Path(pattern).parents if not glob.has_magic(str(parent)))
    # Path.glob takes no absolute pattern, and its `**` differs between versions of Python.
    for match in glob.iglob(pattern, recursive=True):  # noqa: PTH207
        path = Path(match)
        if any(_is_private(part) for part in path.relative_to(fixed).parts):
            continue
        if not path.is_dir():
            yield match
        elif has_known_suffix(match):  # Spark writes a folder under the name of a file
            yield from _below(path)


def _below(folder: Path) -> Iterator[str]:
    for root, folders, names in os.walk(folder, onerror=_fail):
        folders[:] = [name for name in folders if not _is_private(name)]
        # Of ten thousand files, making a Path of each would take longer than looking at them.
        prefix = str(Path(root, "_"))[:-1]
        yield from (prefix + name for name in names if has_known_suffix(name) and not _is_private(name))


def _fail(error: OSError) -> None:
    raise error


def _is_private(name: str) -> bool:
    return name.startswith((".", "_")) or name.endswith(_UNFINISHED)


def _stamped(paths: Iterable[str]) -> tuple[list[Item], list[Problem]]:
    items = []
    problems = []
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116 -- see _below
        except OSError as error:
            problems.append(_unreadable(path, error))
            continue
        if stat.S_ISREG(status.st_mode):
            items.append(Item(path, Stamp.of(status)))
        else:  # opening a FIFO waits for its writer, perhaps for ever
            problems.append(Problem(path, "is no regular file", "give a file, not a pipe, a socket or a device"))
    return items, problems


def _without_second_names(items: Sequence[Item]) -> list[Item]:
    """Each file under one name; several names are the same rows."""
    names: dict[object, list[Item]] = {}
    for item in items:
        # Some network file systems number no inodes: all of their files have 0.
        key = (item.stamp.device, item.stamp.inode) if item.stamp.inode else item.path
        names.setdefault(key, []).append(item)
    chosen = (found[0] if len(found) == 1 else min(found, key=_rank) for found in names.values())
    return sorted(chosen, key=lambda item: item.path)


def _rank(item: Item) -> tuple[bool, bool, str]:
    absolute = os.path.abspath(item.path)  # noqa: PTH100 -- Path.absolute keeps `..`
    return os.path.realpath(item.path) != absolute, os.path.normpath(item.path) != item.path, item.path


def _unreadable(path: str, error: OSError) -> Problem:
    return Problem(path, f"cannot be read ({error.strerror})", "check that it exists, and its permissions")
