"""Files of CSV, JSON lines and Parquet, as logs that grow or as snapshots."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

import pyarrow as pa

from mlflow_exporter.domain import Problem
from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats import parquet
from mlflow_exporter.sources.formats.detection import Format, detect
from mlflow_exporter.sources.formats.discovery import Item, find
from mlflow_exporter.sources.formats.places import Places, is_one_lost
from mlflow_exporter.sources.formats.positions import FilePosition, RowGroupPosition, TextPosition, dump, parse
from mlflow_exporter.sources.formats.text import TextReader
from mlflow_exporter.sources.source import Chunk, Position, Types

BLOCK_BYTES = 8 * 1024 * 1024
SETTLED_SECONDS = 60.0


class Files:
    """The rows of files: a path, a folder, a glob (`**` crosses folders) or a list of them.

    The format and the compression (gzip, bzip2, Zstandard) are known by content, then by suffix: .csv, .tsv, .jsonl,
    .ndjson, .json, .parquet, .pq.

    A file with several names (links, hard links, other spellings) is read once. What is no regular file is a problem.

    In mode `append` each row comes once. Text goes on where it was left; a last line without an end waits for it (save
    in compressed files, which are written once). Parquet goes on at the next row group. A renamed file is known again
    by its inode and content; one begun anew under the old name is a log of its own. A file rewritten with the same
    beginning goes on; one with other content is read anew with the next generation. A file that only got shorter may
    be in the middle of being rewritten, so it is left alone until it has not changed for `settled_seconds`. One that is
    renamed or replaced while a poll is under way is left to the next. An unchanged file costs a stat.

    In mode `snapshot` every poll gives all rows of all files.

    Raises SourceError where a path is not one of a file system.
    """

    def __init__(
        self,
        paths: str | Sequence[str],
        *,
        mode: Literal["append", "snapshot"] = "append",
        block_bytes: int = BLOCK_BYTES,
        settled_seconds: float = SETTLED_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._paths = [paths] if isinstance(paths, str) else list(paths)
        self._mode = mode
        self._text = TextReader(block_bytes, is_final=mode == "snapshot")
        self._settled_seconds, self._clock = settled_seconds, clock
        for path in self._paths:
            if "://" in path:
                raise SourceError("is not a path of a file system", where=path, mend="give a file, a folder or a glob")

    def poll(self, positions: Mapping[str, Position], types: Types) -> Iterator[Chunk | Problem]:
        """The rows that are new since these positions, and what is wrong with single files."""
        known = positions if self._mode == "append" else {}
        items, problems = find(self._paths)
        if is_one_lost(items, known):  # perhaps it was renamed after its folder had been listed
            items, problems = find(self._paths)
        yield from problems
        places = Places(items, known)
        for item in places.in_safe_order():
            yield from self._poll_item(item, places, types)

    def fingerprint(self) -> str:
        """Changes with the files' names, sizes, times and inodes."""
        items, _ = find(self._paths)
        return hashlib.sha256(repr(items).encode()).hexdigest()

    def items(self) -> frozenset[str] | None:
        """The paths of the files that are there; None where one of the paths cannot be looked at, or is empty."""
        items, problems = find(self._paths)
        return None if problems else frozenset(item.path for item in items)

    def restarted(self, position: Position) -> Position:
        """The position before the first row of a file, in its next generation."""
        return dump(parse(position).restarted())

    def _poll_item(self, item: Item, places: Places, types: Types) -> Iterator[Chunk | Problem]:
        try:
            position = places.of(item)
            if position and position.complete and position.stamp == item.stamp:
                yield from self._waiting(item, position)
            else:
                yield from self._read(item, position, types)
        except SourceError as error:
            yield Problem(item.path, error.what, error.mend)
        except (OSError, pa.ArrowException) as error:
            yield Problem(item.path, f"cannot be read ({error})", "check the file and its permissions")

    def _read(self, item: Item, position: FilePosition | None, types: Types) -> Iterator[Chunk | Problem]:
        encoding = detect(item.path)
        file = pa.OSFile(item.path)
        if self._mode == "append" and not item.is_in(file):  # rotated since; the next poll knows where it is
            return iter(())
        if encoding.format is Format.PARQUET:
            return parquet.read(item, file, position if isinstance(position, RowGroupPosition) else None, types)
        text_position = position if isinstance(position, TextPosition) else None
        return self._text.read(item, file, encoding, text_position, types, settled=self._is_settled(item))

    def _waiting(self, item: Item, position: FilePosition) -> Iterator[Problem]:
        """A last line without an end that has not gone on for a while may be a row that never gets counted."""
        if isinstance(position, TextPosition) and position.unfinished and self._is_settled(item):
            what = f"its last line ({position.unfinished:,} bytes) has no line end, so it waits for the rest"
            yield Problem(item.path, what, "end every line with a line break")

    def _is_settled(self, item: Item) -> bool:
        return self._clock() - item.stamp.changed_ns / 1e9 > self._settled_seconds
