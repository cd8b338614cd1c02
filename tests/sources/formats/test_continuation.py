from __future__ import annotations

import gzip
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from mlflow_exporter.sources.formats.continuation import Content, Start, after, beginning, compare
from mlflow_exporter.sources.formats.positions import TAIL_BYTES, Stamp, TextPosition
from mlflow_exporter.sources.formats.streams import ByteStream, blocks

HEADER = b"id,x\n"
ROWS = b"".join(b"%d,%d\n" % (i, i * i) for i in range(2000))
CONTENT = HEADER + ROWS


@pytest.fixture(params=(None, "gzip"))
def compression(request: pytest.FixtureRequest) -> str | None:
    """Plain and compressed files."""
    return str(request.param) if request.param else None


def opened(path: Path, content: bytes, compression: str | None) -> ByteStream:
    path.write_bytes(gzip.compress(content) if compression else content)
    return ByteStream(pa.OSFile(str(path)), compression)


def read(path: Path, content: bytes, compression: str | None, block_bytes: int = 500) -> TextPosition:
    """The position after all lines of a content."""
    with closing(opened(path, content, compression)) as stream:
        stamp = Stamp.of(path.stat())
        start: Start = beginning(stream, len(HEADER), stamp, 0)
        for block in blocks(stream, block_bytes, is_final=False):
            start = after(start, block, stream, stamp)
    return start.position


@pytest.mark.parametrize("block_bytes", (1, 500, 10**6))
def test_position_counts_bytes_and_lines(tmp_path: Path, compression: str | None, block_bytes: int) -> None:
    """However a content is cut into blocks, the position after it is the same; a plain file's end is known, too."""
    position = read(tmp_path / "log", CONTENT + b"7,4", compression, block_bytes)
    whole = read(tmp_path / "log", CONTENT + b"7,4", compression)
    assert (position.offset, position.lines) == (len(CONTENT), 2001)
    assert position.head_bytes == len(b"id,x\n0,0\n")
    assert (position.head, position.tail) == (whole.head, whole.tail)
    assert (whole.complete, whole.unfinished) == (compression is None, 3)


@pytest.mark.parametrize(
    ("now", "expected"),
    (
        (CONTENT, Content.SAME),
        (CONTENT + b"more\n", Content.SAME),
        (CONTENT[:-1], Content.SHORTER),
        (CONTENT[:20], Content.SHORTER),
        (HEADER, Content.SHORTER),
        (b"", Content.SHORTER),
        (b"a\nb\n", Content.OTHER),
        (b"ID,x\n" + ROWS, Content.OTHER),
        (HEADER + b"1" + ROWS[1:], Content.OTHER),
        (CONTENT[:-TAIL_BYTES] + b"9" + CONTENT[1 - TAIL_BYTES :], Content.OTHER),
        (CONTENT[:-2] + b"0\n", Content.OTHER),
        (b"x" + CONTENT, Content.OTHER),
    ),
)
def test_content_is_compared_with_what_was_read(
    tmp_path: Path, compression: str | None, now: bytes, expected: Content
) -> None:
    """The same beginning is known, whatever follows; a shorter one and another one are told apart."""
    position = read(tmp_path / "log", CONTENT, compression)
    with closing(opened(tmp_path / "log", now, compression)) as stream:
        content, start = compare(stream, position)
        assert content is expected
        if expected is Content.SAME:
            assert stream.offset == position.offset
            assert start.window == CONTENT[-TAIL_BYTES:]


def test_nothing_read_is_the_beginning_of_everything(tmp_path: Path) -> None:
    """A position before the first byte fits any content."""
    with closing(opened(tmp_path / "log", b"anything", None)) as stream:
        content, start = compare(stream, TextPosition(Stamp(0, 0, 0)))
    assert content is Content.SAME
    assert start.window == b""
