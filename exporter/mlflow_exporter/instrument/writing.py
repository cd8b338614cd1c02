"""The writing half of the prediction log: rows to files that are rotated by size and age."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from mlflow_exporter.instrument.blocks import Block
from mlflow_exporter.instrument.faults import Faults
from mlflow_exporter.instrument.parts import folder_of
from mlflow_exporter.instrument.privacy import Privacy, sampled
from mlflow_exporter.instrument.records import Rows

_Key: TypeAlias = tuple[str, str]


class File(Protocol):
    """A file that is being written; append and finish raise OSError."""

    @property
    def size(self) -> int:
        """Bytes written."""
        ...

    @property
    def rows(self) -> int:
        """Rows written that are in no finished file."""
        ...

    def append(self, blocks: Sequence[Block]) -> None:
        """Add the rows, all or none; raises another exception where they cannot be written."""
        ...

    def finish(self) -> None:
        """Give the file its name, and close it; where that raises OSError it goes on, and can be finished later."""
        ...

    def close(self) -> None:
        """Let go of the file: another process has it, or will recover it."""
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
    """A file; one that `is_late` could not be finished, and is tried again when it is old enough once more."""

    file: File
    since: float
    dropped: Callable[[int], None]
    is_late: bool = False


@dataclass
class _Waiting:
    """Blocks of a version that are not written yet."""

    dropped: Callable[[int], None]
    blocks: list[Block] = field(default_factory=list)
    rows: int = 0

    def add(self, block: Block) -> None:
        self.blocks.append(block)
        self.rows += block.rows

    def clear(self) -> None:
        self.blocks, self.rows = [], 0


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
        waiting: dict[_Key, _Waiting] = {}
        for batch in batches:
            block = self._faults.attempt("log", self._kept, batch)
            if block is None:
                self._faults.attempt("log", batch.dropped, batch.rows)
            elif block.rows:
                key = batch.model, batch.version
                gathered = waiting.setdefault(key, _Waiting(batch.dropped))
                if gathered.rows + block.rows > self._policy.block_rows:
                    self._write_waiting(key, gathered)
                gathered.add(block)
        for key, gathered in waiting.items():
            self._write_waiting(key, gathered)

    def rotate(self) -> None:
        """Finish the files that are old enough."""
        oldest = self._clock() - self._policy.max_age
        for key in [key for key, opened in self._open.items() if opened.since <= oldest]:
            self._finish(key)

    def finish(self) -> bool:
        """Finish every file; False where the disk did not let one of them."""
        for key in list(self._open):
            self._finish(key)
        return not self._open

    def abandon(self) -> None:
        """Let go of every file: in a forked process, or at the end."""
        for opened in self._open.values():
            opened.file.close()
        self._open.clear()

    def _kept(self, batch: Rows) -> Block:
        return self._policy.privacy.apply(sampled(batch.block(), self._policy.sample))

    def _write_waiting(self, key: _Key, gathered: _Waiting) -> None:
        """Write small blocks together, and a large one in parts."""
        size = self._policy.block_rows
        if gathered.rows <= size:
            self._write_blocks(key, gathered.blocks, gathered.dropped)
        else:
            (block,) = gathered.blocks
            for start in range(0, block.rows, size):
                self._write_blocks(key, [block.part(start, start + size)], gathered.dropped)
        gathered.clear()

    def _write_blocks(self, key: _Key, blocks: Sequence[Block], dropped: Callable[[int], None]) -> None:
        """Write blocks; where a row spoils them, row by row."""
        rows = sum(block.rows for block in blocks)
        try:
            self._append(key, blocks, dropped)
        except OSError as error:
            self._lose(error, rows, dropped)
            if key in self._open and not self._open[key].is_late:
                self._finish(key)
        except Exception as error:  # noqa: BLE001 -- whatever a value does to its row, the others are written
            if rows == 1:
                self._lose(error, 1, dropped)
                return
            for block in blocks:
                for i in range(block.rows):
                    self._write_blocks(key, [block.part(i, i + 1)], dropped)

    def _append(self, key: _Key, blocks: Sequence[Block], dropped: Callable[[int], None]) -> None:
        if not blocks:
            return
        if key not in self._open:
            self._open[key] = _Open(self._create(folder_of(self._folder, *key)), self._clock(), dropped)
        opened = self._open[key]
        opened.file.append(blocks)
        if opened.file.size >= self._policy.max_bytes and not opened.is_late:
            self._finish(key)

    def _lose(self, error: Exception, rows: int, dropped: Callable[[int], None]) -> None:
        self._faults.report("log", error)
        self._faults.attempt("log", dropped, rows)

    def _finish(self, key: _Key) -> None:
        """Finish a file; where the disk does not let it, later, and where it is gone its rows are lost."""
        opened = self._open[key]
        try:
            opened.file.finish()
        except Exception as error:  # noqa: BLE001 -- a file that cannot be finished costs its rows, never the log
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                self._faults.report("log", error)
                opened.since, opened.is_late = self._clock(), True
                return
            opened.file.close()
            self._lose(error, opened.file.rows, opened.dropped)
        del self._open[key]
