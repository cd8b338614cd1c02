"""Pieces that join to one gzip stream."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.collectors.chunk import Chunk, Joined, gzip_stream


def joined(pieces: list[bytes], tail: bytes) -> bytes:
    return b"".join(gzip_stream(Joined.of([Chunk.of(piece) for piece in pieces]), Chunk.of(tail)))


@given(st.lists(st.binary(max_size=300), max_size=6), st.binary(max_size=300))
def test_decompresses_to_the_pieces_one_after_the_other(pieces: list[bytes], tail: bytes) -> None:
    """Python's gzip, which checks CRC and size, reads back what was joined; empty pieces included."""
    assert gzip.decompress(joined(pieces, tail)) == b"".join([*pieces, tail])


def test_is_a_single_member() -> None:
    """Browsers and curl stop after the first member: everything is in it."""
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert reader.decompress(joined([b"a" * 70_000, b"b"], b"c")) == b"a" * 70_000 + b"bc"
    assert reader.eof
    assert reader.unused_data == b""


def test_the_gzip_program_reads_it() -> None:
    """An implementation that shares nothing with Python's reads it, and finds no fault in its trailer."""
    program = shutil.which("gzip") or pytest.skip("no gzip here")
    packed = joined([b"one\n", b"two\n"], b"three\n")
    result = subprocess.run([program, "-dc"], input=packed, capture_output=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"one\ntwo\nthree\n", b"")


def test_plain_is_made_of_the_same_pieces() -> None:
    """Both encodings carry the same bytes."""
    assert Joined.of([Chunk.of(b"a"), Chunk.of(b"b")]).plain == b"ab"
