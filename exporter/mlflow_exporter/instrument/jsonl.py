"""The log as JSON lines."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any, Final

from mlflow_exporter.instrument.blocks import Block
from mlflow_exporter.instrument.parts import Part, recover
from mlflow_exporter.instrument.values import as_list, is_missing, plain

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

    @property
    def rows(self) -> int:
        """Rows written."""
        return self._part.rows

    def append(self, blocks: Sequence[Block]) -> None:
        """Add the rows, all or none; raises OSError, and ValueError or TypeError for what is no JSON."""
        self._part.append("".join(map(_lines, blocks)).encode("ascii"), sum(block.rows for block in blocks))

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
        return None if is_missing(value) else value.isoformat()
    convert: Callable[[], Any] | None = getattr(value, "tolist", None) or getattr(value, "item", None)
    return None if convert is None else convert()


_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=_plain).encode


def _lines(block: Block) -> str:
    """A block's lines: of several rows each column is made text by itself, which takes half the time."""
    if block.rows == 1 or not block.columns:
        return f"{_text(block.first())}\n" * block.rows
    same = [f"{_encode(name)}:{_text(value)}".replace("%", "%%") for name, value in block.same.items()]
    form = "{" + ",".join([*same, _form(tuple(block.columns))]) + "}\n"
    return "".join(map(form.__mod__, zip(*map(_texts, block.columns.values()), strict=True)))


@lru_cache(maxsize=64)
def _form(names: tuple[str, ...]) -> str:
    return ",".join(f"{_encode(name).replace('%', '%%')}:%s" for name in names)


def _texts(values: Any) -> Iterable[str]:
    """The values of a column as JSON."""
    listed = as_list(values)
    kinds = set(map(type, listed))
    if kinds == {float} and math.isfinite(sum(listed)):  # so every one of them is
        return map(float.__repr__, listed)
    if kinds == {str}:
        return map(encode_basestring_ascii, listed)
    return map(int.__repr__ if kinds == {int} else _text, listed)


def _text(value: Any) -> str:
    text = _encode(value)
    return _encode(_finite(value)) if "NaN" in text or "Infinity" in text else text


def _finite(value: Any) -> Any:
    """NaN is a missing value; infinity is no JSON number, and is written as text so that it counts as a fault."""
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    value = as_list(value) if getattr(value, "ndim", 0) else plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
