"""How far a file has been read, and enough of a fingerprint to know it again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeAlias

from mlflow_exporter.errors import SourceError

TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Stamp:
    """What `stat` tells of a file: bytes, nanoseconds of the last change, inode and the device that it is on.

    Positions that were stored before the device was noted have None.
    """

    size: int
    changed_ns: int
    inode: int
    device: int | None = None

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        return cls(status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)


@dataclass(frozen=True, slots=True)
class TextPosition:
    """A place in a text file, just after a line end.

    `offset` and `lines` count the bytes (of the decompressed text) and lines before it. `head` is the digest of the
    first `head_bytes` (at most two lines) and `tail` that of the last TAIL_BYTES before the place. `complete` tells
    that the file, with this stamp, has nothing more but `unfinished` bytes of a line without an end. `lineage` is
    that of its chunks.
    """

    kind: ClassVar[str] = "text"

    stamp: Stamp
    generation: int = 0
    offset: int = 0
    lines: int = 0
    head_bytes: int = 0
    head: str = ""
    tail: str = ""
    complete: bool = False
    unfinished: int = 0
    lineage: str = ""

    def restarted(self) -> TextPosition:
        """Before the first row, in the next generation."""
        return TextPosition(self.stamp, self.generation + 1, lineage=self.lineage)


@dataclass(frozen=True, slots=True)
class RowGroupPosition:
    """A place in a Parquet file: after `row_groups` row groups, the first and the last of them known by digest."""

    kind: ClassVar[str] = "row_groups"

    stamp: Stamp
    generation: int = 0
    row_groups: int = 0
    first: str = ""
    last: str = ""
    complete: bool = False
    lineage: str = ""

    def restarted(self) -> RowGroupPosition:
        """Before the first row, in the next generation."""
        return RowGroupPosition(self.stamp, self.generation + 1, lineage=self.lineage)


FilePosition: TypeAlias = TextPosition | RowGroupPosition

_KINDS: Mapping[str, type[TextPosition | RowGroupPosition]] = {
    kind.kind: kind for kind in (TextPosition, RowGroupPosition)
}


def dump(position: FilePosition) -> dict[str, Any]:
    """The position as JSON-able values."""
    return {"kind": position.kind, **asdict(position)}


def parse(stored: Mapping[str, Any]) -> FilePosition:
    """The position that `dump` described.

    Raises SourceError for anything else.
    """
    fields = dict(stored)
    try:
        kind = _KINDS[fields.pop("kind")]
        return kind(**{**fields, "stamp": Stamp(**fields["stamp"])})
    except (KeyError, TypeError) as error:
        raise SourceError(
            f"its stored position is not understood ({error})", mend="it was stored by another version of this program"
        ) from error


def digest(content: bytes) -> str:
    """A short fingerprint of some bytes; the bytes themselves, which may be personal, are not kept."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()
