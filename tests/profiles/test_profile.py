from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.errors import IncompatibleProfiles
from mlflow_exporter.profiles.layout import Layout, Values
from mlflow_exporter.profiles.profile import UNSEEN_KEPT, Moment, Profile, heaviest, segment_sums

Make = Callable[..., Profile]
Row = tuple[float, int, str]
ROWS = st.lists(
    st.tuples(
        st.floats(-1e6, 1e6) | st.sampled_from((np.nan, np.inf, -np.inf)),
        st.integers(-(10**6), 10**6),
        st.sampled_from(("a", "b", "", "ü", "new", "東京")),
    ),
    max_size=20,
)


def make(profile_of: Make, rows: Sequence[Row]) -> Profile:
    floats, integers, texts = zip(*rows, strict=True) if rows else ((), (), ())
    return profile_of(floats, integers, texts)


def same_counts(a: Profile, b: Profile) -> bool:
    arrays = ((a.bins, b.bins), (a.cells, b.cells), (a.faults, b.faults))
    return a.rows == b.rows and a.unseen == b.unseen and all(np.array_equal(x, y) for x, y in arrays)


def same(a: Profile, b: Profile) -> bool:
    """Counts and extremes exactly, sums and moments up to rounding."""
    extremes = np.array_equal(a.moments[Moment.MINIMUM :], b.moments[Moment.MINIMUM :])
    sums = np.allclose(a.sums, b.sums, rtol=1e-9, atol=1e-6)
    moments = np.allclose(a.moments[: Moment.MINIMUM], b.moments[: Moment.MINIMUM], rtol=1e-9, atol=1e-3)
    return same_counts(a, b) and extremes and sums and moments


def identical(a: Profile, b: Profile) -> bool:
    return same_counts(a, b) and all(a.arrays()[name].tobytes() == b.arrays()[name].tobytes() for name in a.arrays())


@given(ROWS, ROWS, ROWS)
def test_merge_is_associative_and_commutative(profile_of: Make, a: list[Row], b: list[Row], c: list[Row]) -> None:
    """The order in which profiles are merged does not matter: counts exactly, sums up to rounding."""
    x, y, z = (make(profile_of, rows) for rows in (a, b, c))
    assert same(x.merge(y).merge(z), x.merge(y.merge(z)))
    assert same(x.merge(y), y.merge(x))


@given(st.lists(ROWS, max_size=5))
def test_merge_is_the_profile_of_the_whole(profile_of: Make, layout: Layout, parts: list[list[Row]]) -> None:
    """Profiles of any chunks, empty and one-row ones included, merge to the profile of all rows."""
    merged = reduce(Profile.merge, (make(profile_of, rows) for rows in parts), Profile.empty(layout))
    assert same(merged, make(profile_of, [row for rows in parts for row in rows]))


@given(ROWS)
def test_the_empty_profile_changes_no_bit(profile_of: Make, layout: Layout, rows: list[Row]) -> None:
    """Merging with the profile of no rows, on either side, keeps every bit."""
    profile = make(profile_of, rows)
    assert identical(profile.merge(Profile.empty(layout)), profile)
    assert identical(Profile.empty(layout).merge(profile), profile)


def test_merge_leaves_both_sides_as_they_were(profile_of: Make) -> None:
    """A merge makes a profile of its own."""
    a, b = make(profile_of, [(1.0, 1, "new")]), make(profile_of, [(2.0, 2, "a")])
    a.merge(b)
    assert identical(a, make(profile_of, [(1.0, 1, "new")]))
    assert identical(b, make(profile_of, [(2.0, 2, "a")]))


def test_merging_huge_values_makes_no_nan(profile_of: Make, layout: Layout) -> None:
    """Where squares overflow, M2 is infinite, also beside the empty profile."""
    huge = make(profile_of, [(1e300, 1, "a"), (-1e300, 1, "a")])
    for merged in (huge.merge(Profile.empty(layout)), Profile.empty(layout).merge(huge), huge.merge(huge)):
        assert not np.isnan(merged.moments).any()
        assert merged.moments[Moment.M2, 0] == np.inf


def test_other_bins_do_not_add_up(profile_of: Make, one_column: Callable[[Values], Layout]) -> None:
    """Profiles with different bins are not merged."""
    with pytest.raises(IncompatibleProfiles, match="different columns or bins; profile the baseline anew"):
        make(profile_of, []).merge(Profile.empty(one_column(np.array([1.0]))))


def test_equal_layouts_add_up(profile_of: Make, layout: Layout) -> None:
    """A layout that was stored and read again is the same one."""
    profile = make(profile_of, [(1.0, 1, "a")])
    assert same(profile.merge(Profile.empty(Layout.from_json(layout.to_json()))), profile)


def test_arrays_must_fit_the_layout(profile_of: Make, one_column: Callable[[Values], Layout]) -> None:
    """Stored arrays of other columns are refused."""
    profile = make(profile_of, [(1.0, 1, "a")])
    with pytest.raises(ValueError, match="does not fit its layout"):
        Profile.from_arrays(one_column(np.array([1.0])), 1, profile.arrays(), {})


def test_counts_by_column(profile_of: Make) -> None:
    """Finite values of numeric columns, and all values of categorical ones, strangers included."""
    profile = make(profile_of, [(np.nan, 1, "a"), (1.0, 99, "new"), (np.inf, 0, "")])
    assert profile.numeric_counts().tolist() == [1, 3]
    assert profile.categorical_counts().tolist() == [3]


def test_segment_sums_of_no_segments() -> None:
    """No segments have no sums."""
    assert segment_sums(np.zeros(0, np.int64), np.array([0])).tolist() == []


@given(st.lists(st.dictionaries(st.integers(0, 99).map(str), st.integers(1, 50), max_size=60), max_size=6))
def test_heaviest_keeps_its_guarantee_in_any_order(batches: list[dict[str, int]]) -> None:
    """However counters are merged, each count is right or too small by at most the rest over 33."""
    true = sum((Counter(batch) for batch in batches), Counter[str]())
    for order in (batches, batches[::-1]):
        kept = reduce(lambda a, b: heaviest(a + heaviest(Counter(b))), order, Counter[str]())
        slack = (true.total() - kept.total()) / (UNSEEN_KEPT + 1)
        assert len(kept) <= UNSEEN_KEPT
        assert all(rows - slack <= kept[name] <= rows for name, rows in true.items())
