from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from mlflow_exporter.errors import IncompatibleProfiles
from mlflow_exporter.profiles import codec
from mlflow_exporter.profiles.classification import Calibration, ClassificationTally, Loss
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.outcomes import OutcomeSpec

SPECS = {classes: OutcomeSpec.classification(tuple("abcde"[:classes])) for classes in (2, 3, 5)}


def rows(seed: int, n: int, classes: int) -> tuple[Ints, Ints, Floats]:
    """Actual and predicted codes, and probabilities (n, classes)."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(classes, 0.5), n)
    return rng.integers(0, classes, n), probabilities.argmax(axis=1), probabilities


def tally(seed: int, n: int, classes: int) -> ClassificationTally:
    actual, predicted, probabilities = rows(seed, n, classes)
    scores = probabilities[:, 1:] if classes == 2 else probabilities
    return ClassificationTally.of(SPECS[classes], actual, predicted, scores)


def same(a: ClassificationTally, b: ClassificationTally) -> bool:
    """Whether counts are equal, and sums to rounding."""
    ours, theirs = a.arrays(), b.arrays()
    counts = all(np.array_equal(ours[name], theirs[name]) for name in ours if ours[name].dtype == np.int64)
    extremes = all(np.array_equal(ours[name], theirs[name]) for name in ("score_minima", "score_maxima"))
    sums = all(np.allclose(ours[name], theirs[name], rtol=1e-9, atol=1e-9) for name in ("calibration", "means", "m2"))
    return ours.keys() == theirs.keys() and counts and extremes and sums


SIZES = st.lists(st.integers(0, 30), min_size=3, max_size=3)


@given(st.sampled_from((2, 3, 5)), SIZES, st.integers(0, 2**31))
def test_merge_is_a_monoid(classes: int, sizes: list[int], seed: int) -> None:
    """Merging is associative and commutative, and the tally of no rows changes nothing."""
    a, b, c = (tally(seed + i, n, classes) for i, n in enumerate(sizes))
    assert same(a.merge(b).merge(c), a.merge(b.merge(c)))
    assert same(a.merge(b), b.merge(a))
    assert same(a.merge(ClassificationTally.empty(SPECS[classes])), a)


@given(st.sampled_from((2, 3, 5)), SIZES, st.integers(0, 2**31))
def test_parts_add_up_to_the_whole(classes: int, sizes: list[int], seed: int) -> None:
    """The tally of all rows is the merged tally of its parts."""
    actual, predicted, probabilities = rows(seed, sum(sizes), classes)
    scores, cuts = (probabilities[:, 1:] if classes == 2 else probabilities), np.cumsum(sizes)[:-1]
    split = zip(*(np.split(array, cuts) for array in (actual, predicted, scores)), strict=True)
    parts = [ClassificationTally.of(SPECS[classes], *part) for part in split]
    whole = ClassificationTally.of(SPECS[classes], actual, predicted, scores)
    assert same(whole, reduce(ClassificationTally.merge, parts))


@given(st.sampled_from((2, 3, 5)), st.integers(0, 30), st.integers(0, 2**31))
def test_arrays_round_trip(classes: int, n: int, seed: int) -> None:
    """A tally is the same after its arrays were stored and read."""
    kept = tally(seed, n, classes)
    _, arrays = codec.unpack(codec.pack({}, kept.arrays()))
    read = ClassificationTally.from_arrays(SPECS[classes], arrays)
    assert read.losses.rows == n
    assert all(np.array_equal(array, read.arrays()[name]) for name, array in kept.arrays().items())


@pytest.mark.parametrize("classes", (2, 3, 5))
def test_confusion_is_scikit_learns(classes: int) -> None:
    """The confusion matrix counts exactly, actual classes down and predicted ones across."""
    actual, predicted, _ = rows(0, 1_000, classes)
    counted = ClassificationTally.of(SPECS[classes], actual, predicted)
    assert np.array_equal(counted.confusion, metrics.confusion_matrix(actual, predicted))
    assert counted.rows == 1_000


@pytest.mark.parametrize("classes", (2, 3, 5))
def test_losses_are_scikit_learns(classes: int) -> None:
    """The mean losses are scikit-learn's, certain and wrong answers (clipped) included."""
    actual, predicted, probabilities = rows(1, 1_000, classes)
    probabilities[0] = np.eye(classes)[(actual[0] + 1) % classes]
    probabilities[1] = np.eye(classes)[actual[1]]
    scores = probabilities[:, 1:] if classes == 2 else probabilities
    means = ClassificationTally.of(SPECS[classes], actual, predicted, scores).losses.means
    labels = np.arange(classes)
    assert np.isclose(means[Loss.LOG_LOSS], metrics.log_loss(actual, probabilities, labels=labels), rtol=1e-12)
    oracle = metrics.brier_score_loss(actual, probabilities, labels=labels)
    assert np.isclose(means[Loss.BRIER_SCORE], oracle, rtol=1e-12)


def test_calibration_bins_are_closed_on_the_right() -> None:
    """A round score belongs to the bin that ends there, as in scikit-learn's calibration_curve."""
    scores = np.array([0.0, 0.1, 0.3, 0.6, np.nextafter(0.7, 1), 0.75, 1.0])
    actual = np.array([0, 1, 0, 1, 1, 0, 1])
    counted = ClassificationTally.of(SPECS[2], actual, actual, scores[:, None])
    assert counted.calibration[Calibration.ROWS].tolist() == [2, 0, 1, 0, 0, 1, 1, 1, 0, 1]
    assert counted.calibration[Calibration.CORRECT].tolist() == [1, 0, 0, 0, 0, 1, 1, 0, 0, 1]


def test_rows_without_probabilities_count_in_the_confusion_only() -> None:
    """A row with NaN probabilities is in the confusion matrix and in nothing else."""
    actual, predicted, probabilities = rows(2, 50, 3)
    probabilities[10:20, 1] = np.nan
    kept = np.r_[0:10, 20:50]
    counted = ClassificationTally.of(SPECS[3], actual, predicted, probabilities)
    scored = ClassificationTally.of(SPECS[3], actual[kept], predicted[kept], probabilities[kept])
    assert (counted.rows, counted.losses.rows) == (50, 40)
    assert np.array_equal(counted.scores.counts, scored.scores.counts)
    assert np.array_equal(counted.calibration, scored.calibration)


def test_tallies_of_other_classes_do_not_add_up() -> None:
    """Merging with a tally of another specification is refused."""
    with pytest.raises(IncompatibleProfiles, match="different classes or bins"):
        tally(0, 5, 2).merge(tally(0, 5, 3))


@pytest.mark.parametrize(
    ("actual", "scores", "message"),
    (
        ([0, 2], [[0.1], [0.2]], "invalid entry"),
        ([0, -1], [[0.1], [0.2]], "invalid entry"),
        ([0, 1], [[0.9, 0.1], [0.8, 0.2]], r"have shape \(2, 2\), and \(2, 1\) is expected"),
        ([0, 1], [[0.1], [1.2]], "outside 0 to 1"),
    ),
)
def test_rows_that_make_no_sense_are_refused(actual: list[int], scores: list[list[float]], message: str) -> None:
    """Codes outside the classes, probabilities of another shape or range are errors, not wrong counts."""
    with pytest.raises(ValueError, match=message):
        ClassificationTally.of(SPECS[2], np.array(actual), np.array([0, 1]), np.array(scores))
