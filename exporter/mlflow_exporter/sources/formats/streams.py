"""The bytes of a file, decompressed, and the blocks of whole lines in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from mlflow_exporter.errors import SourceError

HEAD_BYTES = 256 * 1024
LONGEST_LINE = 64 * 1024 * 1024


class ByteStream:
    """The content of an open file from its start; `head` holds the first HEAD_BYTES however far reading has gone.

    Raises OSError where the file cannot be read or decompressed.
    """

    def __init__(self, file: pa.NativeFile, compression: str | None = None) -> None:
        self.is_compressed = compression is not None
        self._file = pa.CompressedInputStream(file, compression) if compression else file
        self._consumed = 0
        self.head = self._take(HEAD_BYTES)
        self.offset = 0

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def seek(self, offset: int) -> None:
        """Go to an offset that is at or after the present one; what lies beyond the end reads as nothing."""
        if offset >= len(self.head):
            self._skip_to(offset)
        self.offset = offset

    def read(self, size: int) -> bytes:
        """The next bytes, as many as asked for unless the content ends before."""
        start = self.head[self.offset : self.offset + size]
        content = start + self._take(size - len(start)) if len(start) < size else start
        self.offset += len(content)
        return content

    def _skip_to(self, offset: int) -> None:
        if not self.is_compressed:
            self._file.seek(offset)
            self._consumed = offset
        while self._consumed < offset and self._take(min(offset - self._consumed, HEAD_BYTES)):
            pass

    def _take(self, size: int) -> bytes:
        pieces = []
        while size > 0 and (piece := self._file.read(size)):
            pieces.append(piece)
            size -= len(piece)
            self._consumed += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, each with its end; `size` bytes of the content, and `unfinished` ones that were read beyond."""

    lines: bytes
    size: int
    unfinished: int


def blocks(stream: ByteStream, size: int, *, is_final: bool) -> Iterator[Block]:
    """The content from the stream's offset on in blocks of about `size` bytes; a last line without an end is left out.

    Where the content `is_final` (nobody will write on), such a last line counts as a line.

    Raises SourceError for a line longer than LONGEST_LINE, so that a file without lines does not fill the memory.
    """
    rest = b""
    while piece := stream.read(size):
        cut = piece.rfind(b"\n") + 1
        if cut:
            lines, rest = rest + piece[:cut], piece[cut:]
            del piece
            yield Block(lines, len(lines), len(rest))
        else:
            rest += piece
        if len(rest) > LONGEST_LINE:
            raise SourceError(f"has a line longer than {LONGEST_LINE:,} bytes", mend="check that it is lines of text")
    if rest and is_final:
        yield Block(rest + b"\n", len(rest), 0)
