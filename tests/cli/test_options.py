from __future__ import annotations

import click
import pytest

from mlflow_exporter.cli.options import assignments, names_out_of

CONTEXT = click.Context(click.Command("test"))
PAIRS = click.Option(["--probability"], metavar="CLASS=COLUMN")


def test_names_come_once_and_without_spaces() -> None:
    """Names are separated by commas, whatever the spaces, and repeating one changes nothing."""
    assert names_out_of(("a", "b"))(CONTEXT, PAIRS, " b,a , b,") == ("b", "a")


def test_no_text_is_no_name() -> None:
    """Without a value there are no names."""
    assert names_out_of(("a", "b"))(CONTEXT, PAIRS, "") == ()


def test_an_unknown_name_is_wrong_usage() -> None:
    """A name that is not in the set is refused with those that are."""
    with pytest.raises(click.BadParameter, match="'c' is not one of a, b"):
        names_out_of(("a", "b"))(CONTEXT, PAIRS, "a,c")


def test_an_assignment_is_cut_at_its_first_equals_sign() -> None:
    """What comes after the first equals sign is the value, as it is."""
    assert assignments(CONTEXT, PAIRS, ["0=p0", "1=p=1"]) == (("0", "p0"), ("1", "p=1"))


@pytest.mark.parametrize("text", ("p1", "=p1", "1="))
def test_half_an_assignment_is_wrong_usage(text: str) -> None:
    """Both sides must be there."""
    with pytest.raises(click.BadParameter, match="is not of the form CLASS=COLUMN"):
        assignments(CONTEXT, PAIRS, [text])
