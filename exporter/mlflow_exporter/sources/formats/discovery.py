"""Which files a path, a pattern or a folder stands for."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlflow_exporter.domain import Problem
from mlflow_exporter.sources.formats.detection import has_known_suffix
from mlflow_exporter.sources.formats.positions import Stamp

_UNFINISHED = (".tmp", ".inprogress")


@dataclass(frozen=True, slots=True)
class Item:
    """A file that was found, and the stamp it had then."""

    path: str
    stamp: Stamp


def find(patterns: Sequence[str]) -> tuple[list[Item], list[Problem]]:
    """The files, each once and in order of name, and what is wrong with the patterns.

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
    items, unreadable = _stamped(_without_second_names(sorted(paths)))
    return items, problems + unreadable


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
        yield from (str(Path(root, name)) for name in names if has_known_suffix(name) and not _is_private(name))


def _fail(error: OSError) -> None:
    raise error


def _is_private(name: str) -> bool:
    return name.startswith((".", "_")) or name.endswith(_UNFINISHED)


def _without_second_names(paths: Sequence[str]) -> list[str]:
    """Without links such as `latest.csv` beside the file that they point to: the same rows."""
    links = [path for path in paths if Path(path).is_symlink()]
    if not links:
        return list(paths)
    targets = {os.path.realpath(path) for path in paths if path not in links}
    return [path for path in paths if path not in links or os.path.realpath(path) not in targets]


def _stamped(paths: Sequence[str]) -> tuple[list[Item], list[Problem]]:
    items = []
    problems = []
    for path in paths:
        try:
            items.append(Item(path, Stamp.of(Path(path).stat())))
        except OSError as error:
            problems.append(_unreadable(path, error))
    return items, problems


def _unreadable(path: str, error: OSError) -> Problem:
    return Problem(path, f"cannot be read ({error.strerror})", "check that it exists, and its permissions")
