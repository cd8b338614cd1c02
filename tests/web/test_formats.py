"""Numbers, shares and times as a person reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.web.formats import ago, measured, number, percent, signed, span, times


@given(st.floats(-1e300, 1e300))
def test_numbers_are_right_to_three_digits(value: float) -> None:
    """What is read back from any number is within half a unit of the third digit."""
    for write in (number, measured):
        read = float(write(value).replace(",", "").replace("−", "-"))
        assert read == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("value", "text"),
    (
        (0.0, "0"),
        (0.9996, "1"),
        (0.09996, "0.1"),
        (999.4, "999"),
        (999.6, "1,000"),
        (-12345.6, "−12,346"),
        (1e-5, "1e-5"),
        (-2.5e-7, "−2.5e-7"),
        (3e20, "3e20"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
    ),
)
def test_numbers_at_the_edges(value: float, text: str) -> None:
    """Rounding up to a new digit, tiny, huge and infinite numbers are written sensibly."""
    assert number(value) == text


@given(st.floats(0, 1))
def test_percentages_do_not_round_to_certainty(ratio: float) -> None:
    """0% and 100% are said only of 0 and 1."""
    assert (percent(ratio) == "0%") == (ratio == 0)
    assert (percent(ratio) == "100%") == (ratio == 1)


@pytest.mark.parametrize(
    ("seconds", "text"),
    ((0.9996, "just now"), (59.6, "1 minute ago"), (3599.9, "1 hour ago"), (86_400 * 2.9, "2 days ago")),
)
def test_time_passed_at_the_edges(seconds: float, text: str) -> None:
    """A time just short of the next unit is the next unit, never 60 seconds nor 0 of anything."""
    assert ago(seconds if seconds > 1 else seconds / 2) == text


def test_lengths_never_reach_the_next_unit() -> None:
    """59.97 seconds is a minute."""
    assert span(59.97) == "1 minute"
    assert span(90) == "1.5 minutes"


def test_differences_and_multiples() -> None:
    """A difference of nothing has no sign; an infinite multiple is one."""
    assert (signed(0.0), signed(None), times(float("inf"))) == ("0", "–", "∞×")
