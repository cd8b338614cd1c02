from __future__ import annotations

import pytest

from mlflow_exporter.config.mistakes import InvalidConfiguration, Mistake, Place, spell
from mlflow_exporter.errors import ConfigurationError


@pytest.mark.parametrize(
    ("place", "path"),
    (
        ((), ""),
        (("models", 0, "name"), "models[0].name"),
        (("models", "[]", "drift", "columns", "<name>"), "models[].drift.columns.<name>"),
        (("drift", "columns", "größe"), "drift.columns.größe"),
        (("drift", "columns", "a.b"), 'drift.columns["a.b"]'),
    ),
)
def test_a_place_is_spelled_as_a_path(place: Place, path: str) -> None:
    """Keys are joined by dots, positions and odd keys are in brackets."""
    assert spell(place) == path


def test_a_mistake_says_where_what_and_how_to_mend_it() -> None:
    """A mistake reads as file, line, path, what is wrong and what to do."""
    mistake = Mistake(("models", 0, "colums"), "unknown key", "did you mean 'columns'?", "config.yml", 14)
    assert str(mistake) == "config.yml:14: models[0].colums: unknown key; did you mean 'columns'?"


def test_a_mistake_of_the_whole_file_has_neither_line_nor_path() -> None:
    """What has no line or path is left out."""
    assert str(Mistake((), "the file is empty", file="config.yml")) == "config.yml: the file is empty"


def test_the_error_has_a_line_for_each_mistake_in_the_order_of_the_file() -> None:
    """All mistakes are in one ConfigurationError, as text and as values."""
    last, first = Mistake(("b",), "wrong", line=9, file="f"), Mistake(("a",), "wrong", line=2, file="f")
    error = InvalidConfiguration([last, first])
    assert isinstance(error, ConfigurationError)
    assert error.mistakes == (first, last)
    assert str(error) == "f:2: a: wrong\nf:9: b: wrong"
