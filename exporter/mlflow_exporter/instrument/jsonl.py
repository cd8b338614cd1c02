"""The log as JSON lines."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from mlflow_exporter.instrument.parts import Part, recover
from mlflow_exporter.instrument.records import Record

SUFFIX: Final = ".jsonl"
# So few that a request never waits long for the interpreter, which a write to the file lets go of.
BLOCK_ROWS: Final = 64
_TAIL_BYTES: Final = 65_536


class JsonLines:
    """One growing file of a version; raises OSError as `Part` does."""

    def __init__(self, folder: Path) -> None:
        self._part = Part(folder, SUFFIX)

    @property
    def size(self) -> int:
        """Bytes written."""
        return self._part.size

    def append(self, records: Sequence[Record]) -> None:
        """Add the records, all or none; raises OSError, and ValueError or TypeError for what is no JSON."""
        self._part.append("".join([_line(record) for record in records]).encode("ascii"))

    def finish(self) -> None:
        """Give the file its name."""
        self._part.finish()

    def close(self) -> None:
        """Let go of the file without finishing it."""
        self._part.close()


def recover_lines(folder: Path) -> list[Path]:
    """Finish the files below a folder whose writers were killed, without a line that was cut off."""
    return list(recover(folder, SUFFIX, _mend))


def _mend(part: Path, finished: Path) -> None:
    with part.open("r+b") as file:
        size = file.truncate(_end_of_last_line(file))
    if size:
        part.rename(finished)
    else:
        part.unlink()


def _end_of_last_line(file: Any) -> int:
    end: int = file.seek(0, os.SEEK_END)
    while end:
        start = max(end - _TAIL_BYTES, 0)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + int(found) + 1
        end = start
    return 0


def _plain(value: Any) -> Any:
    """What JSON has no word for: numbers of NumPy, times; null for anything else."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    convert: Callable[[], Any] | None = getattr(value, "tolist", None) or getattr(value, "item", None)
    return None if convert is None else convert()


_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=_plain).encode


def _line(record: Record) -> str:
    line = _encode(record)
    if "NaN" in line or "Infinity" in line:
        line = _encode({name: _finite(value) for name, value in record.items()})
    return f"{line}\n"


def _finite(value: Any) -> Any:
    """NaN is a missing value; infinity is no JSON number, and is written as text so that it counts as a fault."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
