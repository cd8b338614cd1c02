from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from mlflow_exporter.sources.formats.detection import Encoding, Format
from mlflow_exporter.sources.formats.discovery import find
from mlflow_exporter.sources.formats.positions import TextPosition, parse
from mlflow_exporter.sources.formats.text import TextReader, is_continued
from mlflow_exporter.sources.source import Chunk

CSV = Encoding(Format.DELIMITED, None)


def read(path: Path, position: TextPosition | None = None, *, is_final: bool = False) -> list[Chunk]:
    (item,), _ = find([str(path)])
    found = list(TextReader(16, is_final=is_final).read(item, pa.OSFile(str(path)), CSV, position, {}, settled=False))
    assert all(isinstance(chunk, Chunk) for chunk in found)
    return [chunk for chunk in found if isinstance(chunk, Chunk)]


def test_chunks_name_their_lines(tmp_path: Path) -> None:
    """Each chunk says which lines of the file it holds, blank and faulty ones included."""
    path = tmp_path / "log.csv"
    path.write_text("id,x\n1,1\n2\n\n3,3\n4,4\n5,5\n")
    chunks = read(path)
    assert [chunk.origin for chunk in chunks] == [f"{path}, lines 2–6", f"{path}, lines 7–7"]
    assert [chunk.rows for chunk in chunks] == [3, 1]
    assert [rejection.example for chunk in chunks for rejection in chunk.rejections] == [
        f"{path}, line 3: has 1 fields, the header 2"
    ]


def test_each_position_goes_on_after_its_chunk(tmp_path: Path) -> None:
    """Reading from the position of any chunk gives exactly the chunks after it."""
    path = tmp_path / "log.csv"
    path.write_text("id,x\n" + "".join(f"{i},{i}\n" for i in range(20)))
    chunks = read(path)
    assert len(chunks) > 3
    for i, chunk in enumerate(chunks):
        position = parse(chunk.position)
        assert isinstance(position, TextPosition)
        assert is_continued(str(path), CSV, position)
        rest = [row for later in read(path, position) for row in later.read(later.names).to_pylist()]
        assert rest == [row for later in chunks[i + 1 :] for row in later.read(later.names).to_pylist()]


def test_last_line_without_an_end(tmp_path: Path) -> None:
    """A last line without an end waits where the file may grow, and counts where it is final."""
    path = tmp_path / "log.csv"
    path.write_text("id\n1\n2")
    assert sum(chunk.rows for chunk in read(path)) == 1
    assert sum(chunk.rows for chunk in read(path, is_final=True)) == 2
    path.write_text("id")
    assert read(path) == []
    assert [chunk.rows for chunk in read(path, is_final=True)] == [0]


def test_problems_of_a_file_come_with_its_rows(tmp_path: Path, caller: Callable[..., Any]) -> None:
    """A file with a name twice is told at each poll that reads it, and is read all the same."""
    path = tmp_path / "log.csv"
    path.write_text("id,x,id\n1,2,3\n")
    polled = caller(path, {})
    assert polled.poll() == [{"id": 1, "x": 2}]
    assert "has 2 columns of the name 'id'" in polled.texts
