from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats import streams
from mlflow_exporter.sources.formats.streams import HEAD_BYTES, ByteStream, blocks

CONTENT = b"".join(b"line %d\n" % i for i in range(60_000))


@pytest.fixture(scope="session", params=(None, "gzip"))
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], ByteStream]:
    """Opens a stream of CONTENT, plain or compressed."""
    path = tmp_path_factory.mktemp("streams") / "log"
    path.write_bytes(gzip.compress(CONTENT, 1) if request.param else CONTENT)
    return lambda: ByteStream(pa.OSFile(str(path)), request.param)


OFFSETS = st.integers(0, len(CONTENT) + 10) | st.integers(HEAD_BYTES - 9, HEAD_BYTES + 9)


@given(offsets=st.lists(OFFSETS, max_size=4).map(sorted), size=st.integers(0, 400_000))
def test_seek_and_read_give_that_part(opened: Callable[[], ByteStream], offsets: list[int], size: int) -> None:
    """Going on to an offset and reading gives the bytes that are there, beyond the end none, and keeps the head."""
    with closing(opened()) as stream:
        for offset in offsets:
            stream.seek(offset)
        start = offsets[-1] if offsets else 0
        assert stream.read(size) == CONTENT[start : start + size]
        assert stream.read(5) == CONTENT[start + size : start + size + 5]
        assert stream.head == CONTENT[:HEAD_BYTES]


@given(
    content=st.lists(st.sampled_from((b"a", b"bb", b"\n"))).map(b"".join), size=st.integers(1, 20), final=st.booleans()
)
def test_blocks_are_the_whole_lines(
    content: bytes, size: int, final: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Blocks end with a line end and make up the content, save for a last line without an end that waits."""
    path = tmp_path_factory.getbasetemp() / "blocks"
    path.write_bytes(content)
    with closing(ByteStream(pa.OSFile(str(path)))) as stream:
        found = list(blocks(stream, size, is_final=final))
    whole = content[: content.rfind(b"\n") + 1]
    rest = content[len(whole) :]
    assert all(block.lines.endswith(b"\n") for block in found)
    assert b"".join(block.lines for block in found) == whole + (rest + b"\n" if final and rest else b"")
    assert sum(block.size for block in found) == len(content if final else whole)


def test_file_without_lines_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is longer than any line should be is an error."""
    monkeypatch.setattr(streams, "LONGEST_LINE", 1000)
    (tmp_path / "log").write_bytes(b"id\n" + b"x" * 5000)
    with (
        closing(ByteStream(pa.OSFile(str(tmp_path / "log")))) as stream,
        pytest.raises(SourceError, match="has a line longer than 1,000 bytes"),
    ):
        list(blocks(stream, 100, is_final=False))


def test_cut_compressed_file_is_an_error(tmp_path: Path) -> None:
    """A gzip file that is cut off fails where its content ends."""
    (tmp_path / "log").write_bytes(gzip.compress(CONTENT)[:-20])
    with (
        pytest.raises(OSError, match="Truncated"),
        closing(ByteStream(pa.OSFile(str(tmp_path / "log")), "gzip")) as stream,
    ):
        stream.read(len(CONTENT) + 1)
