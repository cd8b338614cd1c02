"""The writing half of the prediction log: rows to files that are rotated by size and age."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from mlflow_exporter.instrument.faults import Faults
from mlflow_exporter.instrument.parts import folder_of
from mlflow_exporter.instrument.privacy import Privacy, is_sampled
from mlflow_exporter.instrument.records import Record, Rows

_Key: TypeAlias = tuple[str, str]


class File(Protocol):
    """A file that is being written; every method raises OSError."""

    @property
    def size(self) -> int:
        """Bytes written."""
        ...

    def append(self, records: Sequence[Record]) -> None:
        """Add the records, all or none; raises ValueError or TypeError where they cannot be written."""
        ...

    def finish(self) -> None:
        """Give the file its name; it is closed even where that raises OSError."""
        ...

    def close(self) -> None:
        """Let go of the file: it belongs to another process."""
        ...


@dataclass(frozen=True)
class Policy:
    """Which rows are kept, of what, in how large and how old files (bytes, seconds), how many of them at once."""

    privacy: Privacy
    sample: float
    max_bytes: int
    max_age: float
    block_rows: int


@dataclass
class _Open:
    file: File
    since: float


class Writer:
    """Writes rows below a folder, one growing file for each version; used by one thread."""

    def __init__(
        self,
        folder: Path,
        create: Callable[[Path], File],
        policy: Policy,
        faults: Faults,
        clock: Callable[[], float],
    ) -> None:
        self._folder, self._create, self._policy = folder, create, policy
        self._faults, self._clock = faults, clock
        self._open: dict[_Key, _Open] = {}

    def write(self, batches: Iterable[Rows]) -> None:
        """Write what is to be kept of the rows; those that cannot be written are counted as dropped."""
        waiting: dict[_Key, list[Record]] = {}
        dropped: dict[_Key, Callable[[int], None]] = {}
        for batch in batches:
            key = batch.model, batch.version
            records = self._faults.attempt("log", self._kept, batch)
            if records is None:
                batch.dropped(batch.rows)
                continue
            dropped[key] = batch.dropped
            block = waiting.setdefault(key, [])
            block += records
            if len(block) >= self._policy.block_rows:
                self._write_blocks(key, waiting.pop(key), batch.dropped)
        for key, records in waiting.items():
            self._write_blocks(key, records, dropped[key])

    def rotate(self) -> None:
        """Finish the files that are old enough."""
        oldest = self._clock() - self._policy.max_age
        for key in [key for key, opened in self._open.items() if opened.since <= oldest]:
            self._finish(key)

    def finish(self) -> None:
        """Finish every file."""
        for key in list(self._open):
            self._finish(key)

    def abandon(self) -> None:
        """Let go of every file: in a forked process."""
        for opened in self._open.values():
            opened.file.close()
        self._open.clear()

    def _kept(self, batch: Rows) -> list[Record]:
        share, privacy = self._policy.sample, self._policy.privacy
        records = batch.records() if share >= 1 else (r for r in batch.records() if is_sampled(r["request_id"], share))
        return [privacy.apply(record) for record in records]

    def _write_blocks(self, key: _Key, records: list[Record], dropped: Callable[[int], None]) -> None:
        size = self._policy.block_rows
        for start in range(0, len(records), size):
            self._write_block(key, records[start : start + size], dropped)

    def _write_block(self, key: _Key, block: Sequence[Record], dropped: Callable[[int], None]) -> None:
        """Write a block; where a row spoils it, row by row."""
        try:
            self._append(key, block)
        except OSError as error:
            self._lose(error, len(block), dropped)
            if key in self._open:
                self._finish(key)
        except (ValueError, TypeError, RecursionError) as error:
            if len(block) == 1:
                self._lose(error, 1, dropped)
                return
            for record in block:
                self._write_block(key, [record], dropped)

    def _append(self, key: _Key, block: Sequence[Record]) -> None:
        if key not in self._open:
            self._open[key] = _Open(self._create(folder_of(self._folder, *key)), self._clock())
        file = self._open[key].file
        file.append(block)
        if file.size >= self._policy.max_bytes:
            self._finish(key)

    def _lose(self, error: Exception, rows: int, dropped: Callable[[int], None]) -> None:
        self._faults.report("log", error)
        dropped(rows)

    def _finish(self, key: _Key) -> None:
        self._faults.attempt("log", self._open.pop(key).file.finish)
