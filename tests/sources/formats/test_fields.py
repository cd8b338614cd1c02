from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats.fields import FieldCounter, delimiter_of, distinct, duplicates, names_of


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")), min_size=1), st.sampled_from(",;\t|")
)
def test_fields_are_counted_as_they_were_written(values: list[str], delimiter: str) -> None:
    """A line that Python's csv module writes has as many fields as values went in."""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="").writerow(values)
    assert FieldCounter(delimiter).count(line.getvalue().encode()) == len(values)


@pytest.mark.parametrize("line", (b'"', b'1,"', b'"a""', b'"a,""b', b'1,"a""b,2'))
def test_quote_without_an_end(line: bytes) -> None:
    """A quoted field that does not end on its line cannot be counted."""
    assert FieldCounter(",").count(line) is None


@pytest.mark.parametrize(
    ("header", "delimiter"), ((b"a", ","), (b"a,b;c", ","), (b"a;b", ";"), (b"a\tb;c", "\t"), (b"a|b", "|"))
)
def test_delimiter_is_found_in_the_header(header: bytes, delimiter: str) -> None:
    """A comma wins; without one the first of tab, semicolon and bar that is there."""
    assert delimiter_of(header) == delimiter


def test_names_are_split_and_kept_as_they_are() -> None:
    """Names may be quoted and keep their spaces; a line that is no header is an error."""
    assert names_of('a, b,"c,d",é'.encode(), ",") == ["a", " b", "c,d", "é"]
    with pytest.raises(SourceError, match="not UTF-8"):
        names_of(b"a\0", ",")


def test_names_that_come_again_are_told_apart() -> None:
    """Later columns of a name get one that nobody asks for, and the file a problem."""
    assert distinct(["a", "b", "a"]) == ["a", "b", "a\0002"]
    assert [problem.what for problem in duplicates("f", ["a", "b", "a"])] == [
        "has 2 columns of the name 'a', of which the first is read"
    ]
