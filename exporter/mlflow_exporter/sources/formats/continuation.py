"""Whether a text file still begins with what was read of it, and how its position moves on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from mlflow_exporter.sources.formats.lines import count_lines
from mlflow_exporter.sources.formats.positions import TAIL_BYTES, Stamp, TextPosition, digest
from mlflow_exporter.sources.formats.streams import Block, ByteStream

_HEAD_LINES = 2


class Content(Enum):
    """What a file holds, compared with what was read of it."""

    SAME = "same"  # and perhaps more
    SHORTER = "shorter"  # as if cut off, or being written over
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Start:
    """A position, and the last bytes before it (at most TAIL_BYTES)."""

    position: TextPosition
    window: bytes


def compare(stream: ByteStream, position: TextPosition) -> tuple[Content, Start]:
    """Whether the content before the position is what it was; where it is, the stream stands at the position.

    The first two lines (a CSV's header and first row) and the last TAIL_BYTES are compared. A writer that rewrites
    the file in place shows a shorter one for a moment, which must not be taken for another one.
    """
    head = stream.head[: position.head_bytes]
    if len(head) < position.head_bytes:
        has_other_lines = head.count(b"\n") >= _HEAD_LINES
        return Content.OTHER if has_other_lines else Content.SHORTER, Start(position, b"")
    if position.head_bytes and digest(head) != position.head:
        return Content.OTHER, Start(position, b"")
    stream.seek(max(0, position.offset - TAIL_BYTES))
    window = stream.read(min(TAIL_BYTES, position.offset))
    if stream.offset < position.offset:
        return Content.SHORTER, Start(position, window)
    same = not position.offset or digest(window) == position.tail
    return Content.SAME if same else Content.OTHER, Start(position, window)


def beginning(stream: ByteStream, preamble: int, stamp: Stamp, generation: int, lineage: str = "") -> Start:
    """Where the first row begins; the stream is put there."""
    stream.seek(preamble)
    before = stream.head[:preamble]
    window = before[-TAIL_BYTES:]
    position = TextPosition(stamp, generation, preamble, count_lines(before), tail=digest(window), lineage=lineage)
    return Start(_with_head(position, stream), window)


def after(start: Start, block: Block, stream: ByteStream, stamp: Stamp) -> Start:
    """Where the block ends. A compressed file's end is not known before it has been met."""
    content = memoryview(block.lines)[: block.size]
    window = (start.window + content[-TAIL_BYTES:])[-TAIL_BYTES:]
    position = start.position
    reached = replace(
        position,
        stamp=stamp,
        offset=position.offset + block.size,
        lines=position.lines + count_lines(block.lines),
        tail=digest(window),
        complete=not stream.is_compressed and stream.offset >= stamp.size,
        unfinished=block.unfinished,
    )
    return Start(_with_head(reached, stream) if position.lines < _HEAD_LINES else reached, window)


def _with_head(position: TextPosition, stream: ByteStream) -> TextPosition:
    lines = stream.head[: position.offset].split(b"\n", _HEAD_LINES)[:_HEAD_LINES]
    size = min(sum(len(line) + 1 for line in lines), position.offset, len(stream.head))
    return replace(position, head_bytes=size, head=digest(stream.head[:size]))
