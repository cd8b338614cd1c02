from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlflow_exporter.errors import IncompatibleProfiles
from mlflow_exporter.profiles import codec
from mlflow_exporter.profiles.confidence import ConfidenceTally
from mlflow_exporter.profiles.outcomes import OutcomeSpec

BINARY = OutcomeSpec.classification(("no", "yes"))
THREE = OutcomeSpec.classification(("a", "b", "c"))
SCORES = st.lists(st.floats(0, 1), max_size=30)


def of(scores: list[float]) -> ConfidenceTally:
    return ConfidenceTally.of(BINARY, np.array(scores).reshape(-1, 1))


def same(a: ConfidenceTally, b: ConfidenceTally) -> bool:
    return np.array_equal(a.counts, b.counts) and bool(np.isclose(a.total, b.total))


@given(SCORES, SCORES, SCORES)
def test_merge_is_a_monoid(a: list[float], b: list[float], c: list[float]) -> None:
    """Merging is associative and commutative, has the empty tally as identity, and equals tallying the whole."""
    x, y, z = of(a), of(b), of(c)
    assert same(x.merge(y).merge(z), x.merge(y.merge(z)))
    assert same(x.merge(y), y.merge(x))
    assert same(x.merge(ConfidenceTally.empty(BINARY)), x)
    assert same(x.merge(y).merge(z), of(a + b + c))


@given(st.lists(st.floats(0.34, 1), min_size=1, max_size=30), st.integers(0, 1_000))
@example([0.6, np.nextafter(0.6, 0), np.nextafter(0.6, 1)], 600)
@example([1.0, np.nextafter(1.0, 0)], 1_000)
def test_ratio_below_is_exact(highest: list[float], thousandths: int) -> None:
    """The share below a threshold of three decimals is the share of rows that compare as less."""
    threshold = thousandths / 1_000
    rest = (1 - np.array(highest)) / 2
    counted = ConfidenceTally.of(THREE, np.column_stack((rest, np.array(highest), rest)))
    assert counted.ratio_below(threshold) == sum(value < threshold for value in highest) / len(highest)


@given(st.integers(500, 1_000), st.integers(0, 1_000))
def test_both_classes_are_alike(thousandths: int, threshold: int) -> None:
    """A score of 0.34 is a confidence of 0.66, although 1 - 0.34 is not the float 0.66."""
    ours = of([(1_000 - thousandths) / 1_000, thousandths / 1_000])
    assert ours.ratio_below(threshold / 1_000) == float(thousandths < threshold)


def test_mean_is_of_the_highest_probability() -> None:
    """The mean confidence takes the likelier class of each row."""
    assert of([0.1, 0.8]).mean() == pytest.approx(0.85)
    assert ConfidenceTally.of(THREE, np.array([[0.2, 0.5, 0.3], [0.0, 0.1, 0.9]])).mean() == pytest.approx(0.7)


def test_rows_without_probabilities_are_left_out() -> None:
    """A row with NaN has no confidence."""
    counted = ConfidenceTally.of(THREE, np.array([[np.nan, 0.5, 0.5], [0.0, 0.1, 0.9]]))
    assert (counted.rows, counted.mean()) == (1, 0.9)


def test_no_rows_have_no_confidence() -> None:
    """Without rows the mean and the ratio are absent."""
    empty = ConfidenceTally.empty(BINARY)
    assert (empty.rows, empty.mean(), empty.ratio_below(0.6)) == (0, None, None)


@pytest.mark.parametrize("threshold", (0.6005, -0.1, 1.001, 2 / 3))
def test_finer_thresholds_are_refused(threshold: float) -> None:
    """A threshold between two edges is an error rather than an estimate."""
    with pytest.raises(ValueError, match=r"not a multiple of 0\.001"):
        of([0.5]).ratio_below(threshold)


@given(SCORES)
def test_arrays_round_trip(scores: list[float]) -> None:
    """A tally is the same after its arrays were stored and read."""
    kept = of(scores)
    _, arrays = codec.unpack(codec.pack({}, kept.arrays()))
    read = ConfidenceTally.from_arrays(BINARY, arrays)
    assert np.array_equal(read.counts, kept.counts)
    assert read.total == kept.total


def test_tallies_of_other_classes_do_not_add_up() -> None:
    """Merging with a tally of another specification is refused."""
    with pytest.raises(IncompatibleProfiles, match="different classes or bins"):
        ConfidenceTally.empty(BINARY).merge(ConfidenceTally.empty(THREE))
