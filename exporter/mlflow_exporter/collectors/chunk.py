r"""Pieces of an exposition, each compressed once, that join to one gzip stream without compressing anything again.

A deflate stream is a series of blocks. A piece compressed on its own refers to nothing before it, and a sync flush
ends it at a byte boundary (RFC 1951; `pigz` works so), hence compressed pieces are joined like strings: between a
gzip header and a trailer with the CRC and size of the whole (RFC 1952) they are one ordinary member. Several members,
one a piece, would be legal too, but browsers and curl stop after the first.

>>> import gzip
>>> gzip.decompress(b"".join(gzip_stream(Joined.of([Chunk.of(b"a 1\n"), Chunk.of(b"b 2\n")]), Chunk.of(b"c 3\n"))))
b'a 1\nb 2\nc 3\n'
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

_LEVEL = 6
_RAW = -zlib.MAX_WBITS
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK = b"\x03\x00"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes, and the deflate blocks that hold them."""

    plain: bytes
    deflated: bytes

    @classmethod
    def of(cls, plain: bytes) -> Chunk:
        """The chunk of some bytes."""
        compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
        return cls(plain, compressor.compress(plain) + compressor.flush(zlib.Z_SYNC_FLUSH))


@dataclass(frozen=True)
class Joined:
    """Chunks one after the other; `crc` and `size` are those of the plain bytes."""

    chunks: tuple[Chunk, ...]
    deflated: bytes
    crc: int
    size: int

    @classmethod
    def of(cls, chunks: Sequence[Chunk]) -> Joined:
        """The chunks in this order; costs a copy of the compressed bytes and a checksum of the plain ones."""
        crc = 0
        for chunk in chunks:
            crc = zlib.crc32(chunk.plain, crc)
        size = sum(len(chunk.plain) for chunk in chunks)
        return cls(tuple(chunks), b"".join(chunk.deflated for chunk in chunks), crc, size)

    @cached_property
    def plain(self) -> bytes:
        """The bytes as they are; made when first asked for, since Prometheus asks for gzip."""
        return b"".join(chunk.plain for chunk in self.chunks)


def gzip_stream(body: Joined, tail: Chunk) -> tuple[bytes, bytes, bytes]:
    """A gzip file of a body and a tail, in pieces."""
    crc = zlib.crc32(tail.plain, body.crc)
    trailer = struct.pack("<LL", crc, (body.size + len(tail.plain)) & 0xFFFFFFFF)
    return _HEADER, body.deflated, tail.deflated + _LAST_BLOCK + trailer
