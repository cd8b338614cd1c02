from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from mlflow_exporter.sources.formats.detection import Encoding, Format, detect, format_of_text, has_known_suffix

ZSTD = bytes(pa.Codec("zstd").compress(b"id\n", asbytes=True))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    (
        ("a.csv", b"id\n", Encoding(Format.DELIMITED, None)),
        ("a.TSV", b"id\n", Encoding(Format.DELIMITED, None)),
        ("a.csv.gz", gzip.compress(b"id\n", mtime=0), Encoding(Format.DELIMITED, "gzip")),
        ("a.csv.gz", b"", Encoding(Format.DELIMITED, "gzip")),
        ("a.csv", gzip.compress(b"id\n", mtime=0), Encoding(Format.DELIMITED, "gzip")),
        ("a.jsonl.bz2", bz2.compress(b"{}\n"), Encoding(Format.JSON_LINES, "bz2")),
        ("a.json.zst", ZSTD, Encoding(Format.JSON_LINES, "zstd")),
        ("a", ZSTD, Encoding(None, "zstd")),
        ("a.parquet", b"PAR1", Encoding(Format.PARQUET, None)),
        ("a.csv", b"PAR1\x15", Encoding(Format.PARQUET, None)),
        ("a.parquet", b"", Encoding(Format.PARQUET, None)),
        ("a.parquet", gzip.compress(b"", mtime=0), Encoding(Format.PARQUET, None)),
        ("a.csv", b"BZh,id\n", Encoding(Format.DELIMITED, None)),
        ("a.log", b"id\n", Encoding(None, None)),
    ),
)
def test_first_bytes_decide_before_the_suffix(tmp_path: Path, name: str, content: bytes, expected: Encoding) -> None:
    """Format and compression are known by the first bytes of a file, and where they say nothing by its suffix."""
    (tmp_path / name).write_bytes(content)
    assert detect(str(tmp_path / name)) == expected


def test_text_without_a_suffix_is_known_by_its_start() -> None:
    """Text that starts with an object is JSON lines, after blanks and a byte order mark too; other text is CSV."""
    assert format_of_text(b'\xef\xbb\xbf\n {"id": 1}') is Format.JSON_LINES
    assert format_of_text(b"id,x\n{,}\n") is Format.DELIMITED
    assert format_of_text(b"") is Format.DELIMITED


@pytest.mark.parametrize(
    ("name", "known"), (("a.csv", True), ("a.ndjson.zst", True), ("a.gz", False), ("a.txt", False))
)
def test_names_that_tell_the_format(name: str, known: bool) -> None:
    """A suffix below that of the compression tells the format."""
    assert has_known_suffix(name) == known
