from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.config.mistakes import Place
from mlflow_exporter.config.yaml_lines import read_yaml

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
DATA = st.dictionaries(
    TEXT,
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)),
    min_size=1,
)


def places(data: Any, place: Place = ()) -> Iterator[Place]:
    """Every place in the data, its own first."""
    yield place
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for part, value in inside:
        yield from places(value, (*place, part))


@given(DATA, st.booleans())
def test_reads_what_yaml_writes_and_knows_the_line_of_every_place(data: dict[str, Any], flow: bool) -> None:
    """Data survives YAML in both styles, and each place of it has a line within the text."""
    text = yaml.safe_dump(data, allow_unicode=True, default_flow_style=flow)
    document = read_yaml(text)
    assert document.data == data
    assert document.mistakes == ()
    assert set(document.lines) == set(places(data))
    assert all(1 <= line <= text.count("\n") + 1 for line in document.lines.values())
    assert all(document.at(place) == document.at(place[:-1])[place[-1]] for place in document.lines if place)


def test_the_line_of_a_key_is_where_the_key_stands() -> None:
    """Keys and items have the line that they start at."""
    document = read_yaml("a:\n  b: 1\n\n  c:\n    - x\n    - y: 2\n")
    assert [document.line(place) for place in (("a",), ("a", "b"), ("a", "c", 0), ("a", "c", 1, "y"))] == [1, 2, 5, 6]


def test_the_line_of_a_missing_place_is_that_of_what_is_around_it() -> None:
    """A key that is not in the file is reported where it should have been."""
    document = read_yaml("a:\n  b: 1\nc: 2\n")
    assert document.line(("a", "missing", 0)) == 1
    assert document.at(("a", "missing", 0)) is None


def test_an_empty_text_has_no_data() -> None:
    """A file of comments alone is a document without data and without mistakes."""
    document = read_yaml("# nothing\n")
    assert (document.data, document.line(()), document.mistakes) == (None, None, ())


def test_a_date_stays_text() -> None:
    """What JSON cannot say is text."""
    assert read_yaml("a: 2024-05-01").data == {"a": "2024-05-01"}


def test_a_number_as_key_is_text() -> None:
    """Class labels may be written without quotes."""
    assert read_yaml("{0: p0, 1: p1}").data == {"0": "p0", "1": "p1"}


def test_every_duplicate_key_is_a_mistake() -> None:
    """A key that comes again is reported with both lines, and the first one counts."""
    document = read_yaml("a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert document.data == {"a": 1, "b": {"c": 1}}
    found = [(mistake.place, mistake.line, mistake.mend) for mistake in document.mistakes]
    assert found == [(("a",), 3, "it is already at line 1"), (("b", "c"), 2, "it is already at line 2")]


def test_own_keys_win_over_merged_ones() -> None:
    """`<<` brings in the keys of an anchor that the mapping has not itself; of several, the first wins."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\n"
    document = read_yaml(text)
    assert document.data["c"] == {"x": 3, "y": 1, "z": 2}
    assert document.mistakes == ()
    assert document.line(("c", "z")) == 2


@pytest.mark.parametrize("text", ("a: &a [*a]", "a: &a {<<: *a}", "a: &a {b: {<<: [{<<: *a}]}}"))
def test_an_anchor_in_itself_is_a_mistake(text: str) -> None:
    """A structure without end is refused instead of followed."""
    assert len(read_yaml(text).mistakes) == 1


@pytest.mark.parametrize(
    "text", ("a: !!int x", "a: !!bool x", "a: !!binary eA==", "a: !!python/name:os.system x", "!x a")
)
def test_a_tag_that_means_no_plain_value_is_a_mistake(text: str) -> None:
    """Tags cannot run code nor make values that the file could not spell out."""
    assert len(read_yaml(text).mistakes) == 1


@pytest.mark.parametrize(
    ("text", "line"), (("a: [1\nb: 2\n", 2), ("a: 1\nb: \x07", 2), ("a: 1\nb: *c", 2), ("a: 'x", 1))
)
def test_a_syntax_error_has_its_line(text: str, line: int) -> None:
    """What is not YAML is one mistake with the line where it was noticed."""
    (mistake,) = read_yaml(text).mistakes
    assert mistake.line == line
