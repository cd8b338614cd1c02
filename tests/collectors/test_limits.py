"""What is kept of a model's samples."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.collectors.family import Family, Importance
from mlflow_exporter.collectors.limits import by_family, count, within

VERDICT = Family("ml_z", "Z.", ("x",), importance=Importance.VERDICT)
DETAIL = Family("ml_a", "A.", ("x",), importance=Importance.DETAIL)


def test_absent_numbers_have_no_series() -> None:
    """Neither None nor NaN is ever exposed; a family without any number is not there at all."""
    samples = [VERDICT.sample(("a",), None), VERDICT.sample(("b",), float("nan")), DETAIL.sample(("a",), 0.0)]
    assert by_family(samples) == {DETAIL: {("a",): 0.0}}


def test_a_series_is_there_once() -> None:
    """Of two samples at the same labels the first stays: a duplicate would cost the whole scrape."""
    assert by_family([VERDICT.sample(("a",), 1), VERDICT.sample(("a",), 2)]) == {VERDICT: {("a",): 1}}


def test_the_important_ones_are_kept() -> None:
    """At the limit a verdict stays and detail goes, whatever the order of their names."""
    families = by_family([*(DETAIL.sample((str(i),), i) for i in range(5)), *(VERDICT.sample((c,), 1) for c in "ab")])
    assert within(families, 3) == {VERDICT: {("a",): 1, ("b",): 1}, DETAIL: {("0",): 0}}
    assert within(families, 2) == {VERDICT: {("a",): 1, ("b",): 1}}


@given(st.dictionaries(st.sampled_from([VERDICT, DETAIL]), st.integers(0, 8)), st.none() | st.integers(0, 20))
def test_never_more_than_the_limit_and_never_less_than_there_is_room_for(
    sizes: dict[Family, int], limit: int | None
) -> None:
    """The count kept is the smaller of the limit and what there was."""
    families = by_family(family.sample((str(i),), i) for family, size in sizes.items() for i in range(size))
    expected = count(families) if limit is None else min(limit, count(families))
    assert count(within(families, limit)) == expected
