from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mlflow_exporter.config.section import Section, default


class Example(Section):
    amount: float = default(1.5, "How much.")
    items: tuple[int, ...] = default((1,), "Which.")


@pytest.mark.parametrize(
    "values", ({"amont": 1.0}, {"amount": "1"}, {"amount": True}, {"amount": float("nan")}, {"items": [1.0]})
)
def test_nothing_but_what_is_declared_is_accepted(values: dict[str, Any]) -> None:
    """Unknown keys, other types and what is not a finite number are refused."""
    with pytest.raises(ValidationError):
        Example.model_validate(values)


def test_a_section_does_not_change() -> None:
    """Settings are compared on reload, and must be what they were."""
    section = Example()
    with pytest.raises(ValidationError, match="frozen"):
        section.amount = 2.0


def test_a_default_is_checked_as_if_the_file_said_it() -> None:
    """A default of the wrong type is an error."""

    class Wrong(Section):
        amount: float = default("much", "How much.")

    with pytest.raises(ValidationError):
        Wrong()
