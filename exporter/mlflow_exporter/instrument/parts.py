"""Files that are being written: hidden until they are whole, and found again when their writer was killed.

A part is named `.<name>`, locked (flock) by its writer, and renamed to `<name>` when it is finished. The kernel lets
the lock of a killed process go, so whoever gets the lock of a part owns it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

FINISHED: Final = (".jsonl", ".parquet")
_HIDDEN: Final = "."
_NO_LOCKS: Final = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}


class Part:
    """A new part in a folder, which is made where it is missing; raises OSError.

    `suffix` is that of the finished file's name, which no other process on any host takes. `size` is in bytes,
    `rows` is what its writer said.
    """

    def __init__(self, folder: Path, suffix: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.size = self.rows = 0
        while True:
            self.path = folder / f"{_HIDDEN}{_unique_name()}{suffix}"
            self._file = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o644)
            if _owns(self._file, self.path, without_locks=True):
                return
            os.close(self._file)  # somebody took it for a dead one's before it was locked

    def append(self, data: bytes, rows: int = 0) -> None:
        """Add all of the data, which is so many rows, or nothing where an OSError is raised."""
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, memoryview(data)[written:])
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += len(data)
        self.rows += rows

    def finish(self, deliver: Callable[[Path, Path], None] = os.rename) -> None:
        """Bring the part to the disk, then give it its name; an empty one is removed, a closed one is left alone.

        `deliver` is given the part and the finished name. Raises OSError; the part can be finished later then.
        """
        if self._file < 0:
            return
        if self.size:
            os.fsync(self._file)
            deliver(self.path, _finished(self.path))
        else:
            self.path.unlink()
        self.close()

    def close(self) -> None:
        """Let go of the part: in a forked process it stays its parent's, else the next log recovers it."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def folder_of(log: Path, model: str, version: str) -> Path:
    """Where a version's files are.

    >>> folder_of(Path("logs"), "churn/eu", "3").as_posix()
    'logs/churn%2Feu/3'
    """
    return log / quoted(model) / quoted(version)


def quoted(name: str) -> str:
    """A name as that of a folder: percent-quoted, dots included and underscores at its start (such are skipped).

    >>> quoted("..")
    '%2E%2E'
    """
    text = quote(name, safe="").replace(".", "%2E")
    return f"%5F{text[1:]}" if text.startswith("_") else text


def recover(folder: Path, suffix: str, mend: Callable[[Path, Path], None]) -> Iterator[Path]:
    """Finish the parts below a folder (`<model>/<version>/`) whose writers are gone; gives the finished names.

    `mend` is given each such part, locked, and the finished name, and has to bring the one to the other, or to remove
    a part that has nothing in it. Raises OSError, of the parts that could not be finished the first one's, when the
    others have been.
    """
    failed: OSError | None = None
    for path in sorted(folder.glob(f"*/*/{_HIDDEN}*{suffix}")):
        try:
            if _recovered(path, mend):
                yield _finished(path)
        except FileNotFoundError:  # finished or recovered a moment ago
            continue
        except OSError as error:
            failed = failed or error
    if failed is not None:
        raise failed


def _recovered(path: Path, mend: Callable[[Path, Path], None]) -> bool:
    file = os.open(path, os.O_RDWR)
    try:
        is_mine = _owns(file, path, without_locks=False)
        if is_mine:
            mend(path, _finished(path))
        return is_mine
    finally:
        os.close(file)


def delete_older(folder: Path, moment: float) -> None:
    """Delete the finished files below a folder that nobody has written to since a moment (Unix seconds).

    Raises OSError.
    """
    for path in folder.glob(f"*/*/[!{_HIDDEN}]*"):
        with suppress(FileNotFoundError):  # another process was first
            if path.suffix in FINISHED and path.stat().st_mtime < moment:
                path.unlink()


def _owns(file: int, path: Path, *, without_locks: bool) -> bool:
    """Whether this process now has the lock of an open file that still has this name.

    On a file system without locks nobody can tell, and the answer is `without_locks`.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return without_locks
        raise


def _finished(path: Path) -> Path:
    return path.with_name(path.name.removeprefix(_HIDDEN))


def _unique_name() -> str:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return f"{moment}-{quoted(socket.gethostname())}-{os.getpid()}-{secrets.token_hex(4)}"
