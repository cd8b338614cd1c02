from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats.lines import count_lines, is_clean, is_utf8, legible_lines, refuse_utf16
from mlflow_exporter.sources.formats.rejections import LineFaults


@given(st.binary())
def test_line_ends_are_counted(block: bytes) -> None:
    """Counting by NumPy gives what bytes.count gives."""
    assert count_lines(block) == block.count(b"\n")


@pytest.mark.parametrize(
    ("block", "clean"),
    (
        (b"", True),
        (b"a\r\nb\n", True),
        ("é\n".encode(), True),
        (b"a\rb\n", False),
        (b"\0\n", False),
        (b"\xe9\n", False),
    ),
)
def test_clean_blocks_need_no_look_at_every_line(block: bytes, clean: bool) -> None:
    """A block is clean without NUL, lone carriage returns and what is not UTF-8."""
    assert is_clean(block) == clean


def test_legible_lines_keep_their_numbers() -> None:
    """Blank lines are passed over, illegible ones are faults, the others keep the number they have in the file."""
    faults = LineFaults("log.csv")
    block = b"a\n\nb\r\n \t\nc\0\n\xff\nd\re\nf\n"
    assert list(legible_lines(block, 10, faults)) == [(10, b"a"), (12, b"b"), (17, b"f")]
    assert {rejection.reason: rejection.rows for rejection in faults.rejections()} == {"malformed": 2, "encoding": 1}


def test_utf8_is_told_from_other_text() -> None:
    """UTF-8 is known, Latin-1 is not taken for it, and UTF-16 is refused by its mark."""
    assert is_utf8("日本".encode())
    assert not is_utf8("é".encode("latin-1"))
    with pytest.raises(SourceError, match="is UTF-16; write it as UTF-8"):
        refuse_utf16("a".encode("utf-16"))
