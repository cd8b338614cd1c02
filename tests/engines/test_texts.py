from __future__ import annotations

import pytest

from mlflow_exporter.domain import Kind
from mlflow_exporter.engines.texts import PARSERS

BAD = {
    Kind.FLOAT: ("x", "1,5", "1_000", "0x10"),
    Kind.INTEGER: ("1.5", "inf", "9223372036854775808", "1e999999999", "1_000", "x"),
    Kind.BOOLEAN: ("2", "yes", "0.5"),
    Kind.TIMESTAMP: ("1700000000", "1711122311223", "2023-02-30", "24:00", "tomorrow"),
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in BAD.items() for text in texts])
def test_other_text_is_refused(kind: Kind, text: str) -> None:
    """Text that is no value of the kind is a ValueError, however large the number it spells."""
    with pytest.raises(ValueError, match=r"not|neither|Invalid|day|hour"):
        PARSERS[kind](text)


@pytest.mark.parametrize("kind", PARSERS)
def test_blank_text_is_missing(kind: Kind) -> None:
    """Nothing but blanks stands for a missing value of any kind."""
    assert PARSERS[kind]("") is None
    assert PARSERS[kind]("  ") is None


@pytest.mark.parametrize("text", ("-9223372036854775808", "9223372036854775807", " 42 ", "4.2e1", "1E2"))
def test_integers_keep_every_digit(text: str) -> None:
    """The ends of int64 are read exactly, and exponents too."""
    expected = {"4.2e1": 42, "1E2": 100}.get(text)
    assert PARSERS[Kind.INTEGER](text) == (int(text) if expected is None else expected)


@pytest.mark.parametrize("text", ("2023-11-14T22:13:20Z", "2023-11-14t22:13:20z", "2023-11-14 22:13:20z"))
def test_letters_of_a_moment_may_be_small(text: str) -> None:
    """RFC 3339, section 5.6: applications may write `t` and `z`."""
    assert PARSERS[Kind.TIMESTAMP](text) == 1_700_000_000_000_000
