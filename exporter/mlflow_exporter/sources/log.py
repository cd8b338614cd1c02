"""The prediction log that the instruments of model servers write: one folder for each version of a model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from mlflow_exporter.domain import ModelKey, Problem
from mlflow_exporter.sources.files import Files
from mlflow_exporter.sources.source import Chunk, Position, Types

ORPHAN_SECONDS: Final = 60.0


class Log:
    """The rows of one version, each once, in the files of `<path>/<model>/<version>/` below one path or several.

    Writers hide a file until it is whole. One that nobody has written to for `orphan_seconds` was left by a process
    that was killed, and is read where it is, as far as its last whole line. If it is finished after all, it is known
    again by its inode. A hidden file of the Parquet log is left to the next log of the folder, which finishes it.

    Raises SourceError where a path is not one of a file system.
    """

    def __init__(
        self,
        paths: Sequence[str],
        key: ModelKey,
        *,
        orphan_seconds: float = ORPHAN_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._versions = [Path(path, key.folder) for path in paths]
        self._orphan_seconds, self._clock = orphan_seconds, clock
        self._models = Files([str(folder.parent) for folder in self._versions])
        Files(paths)  # raises where one of them is none

    def poll(self, positions: Mapping[str, Position], types: Types) -> Iterator[Chunk | Problem]:
        """The rows that are new since these positions, and what is wrong with single files."""
        return self._files().poll(positions, types)

    def fingerprint(self) -> str:
        """Changes with the files' names, sizes, times and inodes."""
        return self._files().fingerprint()

    def items(self) -> frozenset[str] | None:
        """The paths of the files of all versions, since the one that is watched changes."""
        finished = self._models.items()
        hidden = (str(path) for folder in self._versions for path in folder.parent.glob("*/.*.jsonl"))
        return None if finished is None else finished | set(hidden)

    def restarted(self, position: Position) -> Position:
        """The position before the first row of a file, in its next generation."""
        return self._models.restarted(position)

    def _files(self) -> Files:
        return Files([path for folder in self._versions for path in self._paths(folder)])

    def _paths(self, folder: Path) -> list[str]:
        orphans = list(self._orphans(folder))
        # A folder of nothing but orphans has no other file to miss.
        has_others = not orphans or any(folder.glob("[!.]*"))
        return [str(folder), *orphans] if has_others else orphans

    def _orphans(self, folder: Path) -> Iterator[str]:
        newest = self._clock() - self._orphan_seconds
        for path in sorted(folder.glob(".*.jsonl")):
            try:
                if path.stat().st_mtime < newest:
                    yield str(path)
            except FileNotFoundError:  # finished a moment ago
                continue
