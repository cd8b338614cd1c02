from __future__ import annotations

import pytest

from mlflow_exporter.config.suggestions import did_you_mean, nearest

NAMES = ["columns", "mode", "Production"]


@pytest.mark.parametrize(
    ("word", "name"),
    (("colums", "columns"), ("Mode", "mode"), ("production", "Production"), ("xyz", None), ("", None)),
)
def test_a_slip_is_recognised(word: str, name: str | None) -> None:
    """A few wrong letters or another case still mean the name; something else means none."""
    assert nearest(word, NAMES) == name


@pytest.mark.parametrize(
    ("word", "advice"),
    (("colums", "did you mean 'columns'?"), ("xyz", "use one of columns, mode, Production")),
)
def test_advice_names_the_nearest_or_all(word: str, advice: str) -> None:
    """Where nothing is near, every choice is listed."""
    assert did_you_mean(word, NAMES) == advice


def test_a_single_choice_is_named() -> None:
    """One choice is no list."""
    assert did_you_mean("sql", ["files"]) == "use files"
