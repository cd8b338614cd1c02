from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve

from mlflow_exporter.performance import intervals
from mlflow_exporter.performance.classification import by_class, confusion, measure
from mlflow_exporter.profiles.classification import ClassificationTally
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.outcomes import OutcomeSpec


@dataclass(frozen=True)
class Rows:
    """Actual and predicted codes (n,), and probabilities (n, C)."""

    actual: Ints
    predicted: Ints
    probabilities: Floats

    @property
    def classes(self) -> int:
        return int(self.probabilities.shape[1])

    @property
    def scores(self) -> Floats:
        return self.probabilities[:, 1:] if self.classes == 2 else self.probabilities

    def tally(self, spec: OutcomeSpec | None = None) -> ClassificationTally:
        spec = spec or OutcomeSpec.classification(tuple(map(str, range(self.classes))), None, self.scores)
        return ClassificationTally.of(spec, self.actual, self.predicted, self.scores)


def softmax(seed: int, n: int, weights: list[float], signal: float = 1.2) -> Rows:
    """Rows of a classifier whose probabilities are about right; classes have these shares."""
    rng, share = np.random.default_rng(seed), np.array(weights) / np.sum(weights)
    actual = rng.choice(len(share), n, p=share)
    odds = rng.normal(size=(n, len(share)))
    odds[np.arange(n), actual] += signal
    raised = np.exp(odds) * share
    probabilities = raised / raised.sum(axis=1, keepdims=True)
    return Rows(actual, probabilities.argmax(axis=1), probabilities)


def binary(actual: Ints, scores: Floats, threshold: float = 0.5) -> Rows:
    return Rows(actual, (scores >= threshold).astype(np.int64), np.column_stack((1 - scores, scores)))


def of_scores(name: str) -> Rows:
    """Binary rows whose scores are of a kind that histograms find hard."""
    base = softmax(1, 20_000, [0.7, 0.3])
    scores = base.probabilities[:, 1]
    made: dict[str, Floats] = {
        "perfect": base.actual * 0.5 + scores * 0.49,
        "all wrong": (1 - base.actual) * 0.51 + scores * 0.48,
        "constant": np.full(len(scores), 0.3),
        "tiny": scores * 1e-4,
        "untrained": 0.5 + (scores - 0.5) / 500,
        "two decimals": scores.round(2),
        "seven values": np.floor(scores * 7) / 7,
        "saturated": np.clip(scores * 3 - 1, 0, 1),
    }
    return binary(base.actual, made[name])


HARD = ("perfect", "all wrong", "constant", "tiny", "untrained", "two decimals", "seven values", "saturated")
BINARY = {
    "balanced": softmax(2, 20_000, [1, 1]),
    "imbalanced": softmax(3, 40_000, [0.98, 0.02]),
    **{name: of_scores(name) for name in HARD},
}
MULTICLASS = {
    "three classes": softmax(4, 20_000, [0.6, 0.3, 0.1]),
    "thirty classes": softmax(5, 20_000, list(range(5, 35)), 3),
}

EXACT = 1e-9
HISTOGRAM = 1e-3


def expected_calibration_error(correct: Ints, confidence: Floats) -> float:
    """scikit-learn's calibration_curve, weighted by the rows of its bins."""
    observed, stated = calibration_curve(correct, confidence, n_bins=10)
    rows = np.bincount(np.searchsorted(np.linspace(0, 1, 11)[1:-1], confidence), minlength=10)
    return float((np.abs(observed - stated) * rows[rows > 0]).sum() / len(correct))


def binary_oracle(rows: Rows) -> dict[str, tuple[float, float]]:
    """Value and tolerance of each metric by scikit-learn on the raw rows; NaN where it is undefined."""
    y, p, s = rows.actual, rows.predicted, rows.probabilities[:, 1]
    nan = {"zero_division": np.nan}
    return {
        "precision": (metrics.precision_score(y, p, **nan), EXACT),
        "recall": (metrics.recall_score(y, p, **nan), EXACT),
        "f1": (metrics.f1_score(y, p, **nan), EXACT),
        "roc_auc": (metrics.roc_auc_score(y, s), HISTOGRAM),
        "average_precision": (metrics.average_precision_score(y, s), HISTOGRAM),
        "log_loss": (metrics.log_loss(y, s), EXACT),
        "brier_score": (metrics.brier_score_loss(y, s), EXACT),
        "calibration_error": (expected_calibration_error(y, s), EXACT),
    }


def multiclass_oracle(rows: Rows) -> dict[str, tuple[float, float]]:
    """The same for more classes than two, one against the rest where there is a choice."""
    y, p, s, labels = rows.actual, rows.predicted, rows.probabilities, np.arange(rows.classes)
    macro = {"average": "macro", "zero_division": np.nan}
    right = (s.argmax(axis=1) == y).astype(np.int64)
    return {
        "precision": (metrics.precision_score(y, p, **macro), EXACT),
        "recall": (metrics.recall_score(y, p, **macro), EXACT),
        "f1": (metrics.f1_score(y, p, **macro), EXACT),
        "roc_auc": (metrics.roc_auc_score(y, s, multi_class="ovr"), HISTOGRAM),
        "average_precision": (metrics.average_precision_score(np.eye(rows.classes)[y], s), HISTOGRAM),
        "log_loss": (metrics.log_loss(y, s, labels=labels), EXACT),
        "brier_score": (metrics.brier_score_loss(y, s, labels=labels), EXACT),
        "calibration_error": (expected_calibration_error(right, s.max(axis=1)), EXACT),
    }


def agree(rows: Rows, oracle: Callable[[Rows], dict[str, tuple[float, float]]]) -> None:
    y, p = rows.actual, rows.predicted
    expected = {
        "accuracy": (metrics.accuracy_score(y, p), EXACT),
        "balanced_accuracy": (metrics.balanced_accuracy_score(y, p), EXACT),
        "matthews_corrcoef": (metrics.matthews_corrcoef(y, p) if len(set(p.tolist())) > 1 else math.nan, EXACT),
        **oracle(rows),
    }
    measured = {found.name: found.value for found in measure(rows.tally())}
    assert measured.keys() == {name for name, (value, _) in expected.items() if not math.isnan(value)}
    for name, value in measured.items():
        assert value == pytest.approx(expected[name][0], abs=expected[name][1]), name


@pytest.mark.parametrize("rows", BINARY.values(), ids=BINARY)
def test_binary_metrics_are_scikit_learns(rows: Rows) -> None:
    """Every metric of two classes is scikit-learn's on the raw rows, and absent exactly where that is undefined."""
    agree(rows, binary_oracle)


@pytest.mark.parametrize("rows", MULTICLASS.values(), ids=MULTICLASS)
def test_multiclass_metrics_are_scikit_learns(rows: Rows) -> None:
    """Every metric of more than two classes is scikit-learn's macro average on the raw rows."""
    agree(rows, multiclass_oracle)


def test_positive_class_may_be_the_first() -> None:
    """With the first class as the positive one, its metrics are scikit-learn's for that label."""
    rows = softmax(6, 5_000, [0.3, 0.7])
    spec = OutcomeSpec.classification(("0", "1"), "0", rows.probabilities[:, :1])
    measured = measure(ClassificationTally.of(spec, rows.actual, rows.predicted, rows.probabilities[:, :1]))
    values = {found.name: found.value for found in measured}
    assert values["f1"] == pytest.approx(metrics.f1_score(rows.actual, rows.predicted, pos_label=0))
    oracle = metrics.average_precision_score(rows.actual == 0, rows.probabilities[:, 0])
    assert values["average_precision"] == pytest.approx(oracle, abs=1e-3)
    assert values["log_loss"] == pytest.approx(metrics.log_loss(rows.actual, rows.probabilities))


@pytest.mark.parametrize("rows", (*BINARY.values(), *MULTICLASS.values()), ids=(*BINARY, *MULTICLASS))
def test_bounds_are_around_the_value(rows: Rows) -> None:
    """Both bounds are there or neither, and the value is between them."""
    for found in measure(rows.tally()):
        assert (found.lower is None) == (found.upper is None)
        if found.lower is not None and found.upper is not None:
            assert found.lower <= found.value <= found.upper, found.name


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=12), st.integers(2, 3))
@example([(0, 2), *[(1, 1)] * 5], 3)
def test_nothing_undefined_is_ever_a_number(pairs: list[tuple[int, int]], classes: int) -> None:
    """Whatever few rows there are, each metric present is finite, within its range, and bounded in order."""
    codes = np.array([pair for pair in pairs if max(pair) < classes], np.int64).reshape(-1, 2)
    probabilities = np.eye(classes)[codes[:, 1]] * 0.8 + 0.2 / classes
    for found in measure(Rows(codes[:, 0], codes[:, 1], probabilities).tally()):
        low = -1 if found.name == "matthews_corrcoef" else 0
        assert math.isfinite(found.value)
        assert low <= found.value <= (math.inf if "loss" in found.name or "brier" in found.name else 1)
        assert found.lower is None or (found.upper is not None and low <= found.lower <= found.value <= found.upper)


def names(actual: list[int], predicted: list[int], scores: list[float] | None = None) -> set[str]:
    spec = OutcomeSpec.classification(("no", "yes"))
    kept = None if scores is None else np.array(scores).reshape(-1, 1)
    tally = ClassificationTally.of(spec, np.array(actual, np.int64), np.array(predicted, np.int64), kept)
    return {found.name for found in measure(tally)}


def test_no_rows_have_no_metrics() -> None:
    """Without labelled rows nothing is measured."""
    assert names([], [], []) == set()


def test_one_actual_class_leaves_out_what_compares_two() -> None:
    """Where only one class happened, metrics that tell classes apart are absent."""
    left = names([0, 0, 0], [0, 1, 0], [0.1, 0.7, 0.2])
    assert left == {"accuracy", "precision", "f1", "log_loss", "brier_score", "calibration_error"}


def test_no_predicted_positive_has_no_precision() -> None:
    """A model that never says yes has no precision, a recall and f1 of 0, and no correlation."""
    left = names([0, 1, 0], [0, 0, 0])
    assert left == {"accuracy", "recall", "f1", "balanced_accuracy"}


def test_classes_that_are_nowhere_are_left_out_of_the_mean() -> None:
    """The macro averages are over the classes that the window has."""
    spec = OutcomeSpec.classification(("a", "b", "c", "d"))
    actual, predicted = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    values = {found.name: found.value for found in measure(ClassificationTally.of(spec, actual, predicted))}
    for name, oracle in (("precision", metrics.precision_score), ("recall", metrics.recall_score)):
        expected = oracle(actual, predicted, average="macro", labels=range(4), zero_division=np.nan)
        assert values[name] == pytest.approx(expected)
    assert values["f1"] == pytest.approx(metrics.f1_score(actual, predicted, average="macro"))


def test_by_class_is_scikit_learns_report() -> None:
    """Precision, recall, f1 and support of each class are scikit-learn's, those undefined left out."""
    spec = OutcomeSpec.classification(("a", "b", "c", "d"))
    actual, predicted = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    found = by_class(ClassificationTally.of(spec, actual, predicted))
    oracle = metrics.precision_recall_fscore_support(actual, predicted, labels=range(4), zero_division=np.nan)
    for code, performance in enumerate(found):
        expected = {
            name: float(column[code])
            for name, column in zip(("precision", "recall", "f1", "support"), oracle, strict=True)
            if not np.isnan(column[code])
        }
        assert performance.label == spec.classes[code]
        assert {metric.name: metric.value for metric in performance.metrics} == pytest.approx(expected)


def test_confusion_has_the_pairs_that_happened() -> None:
    """The confusion maps actual and predicted class to a count, without the pairs that have none."""
    spec = OutcomeSpec.classification(("no", "yes"))
    tally = ClassificationTally.of(spec, np.array([0, 0, 1]), np.array([0, 0, 0]))
    counted = confusion(tally)
    assert counted == {("no", "no"): 2, ("yes", "no"): 1}
    assert all(type(count) is int for count in counted.values())


def test_counts_beyond_floats_stay_exact() -> None:
    """More rows than a float can count are still counted to the row."""
    spec = OutcomeSpec.classification(("no", "yes"))
    tally = ClassificationTally.of(spec, np.array([0]), np.array([0]))
    tally.confusion[0, 0] = 2**53 + 1
    assert confusion(tally)["no", "no"] == 2**53 + 1


@pytest.mark.parametrize("weights", ([0.5, 0.5], [0.85, 0.15], [0.5, 0.3, 0.2]), ids=("even", "uneven", "three"))
def test_bounds_cover(weights: list[float]) -> None:
    """Of many windows of 500 rows, 95% have bounds around the population's value, more for wide ones by design."""
    spec = OutcomeSpec.classification(tuple(map(str, range(len(weights)))))
    population = {found.name: found.value for found in measure(softmax(7, 400_000, weights).tally(spec))}
    covered: dict[str, list[bool]] = {}
    for seed in range(400):
        for found in measure(softmax(1_000 + seed, 500, weights).tally(spec)):
            if found.lower is not None and found.upper is not None:
                covered.setdefault(found.name, []).append(found.lower <= population[found.name] <= found.upper)
    # The bounds of the mean of several rankings are wide.
    wide = {"roc_auc", "average_precision"} if len(weights) > 2 else set()
    assert covered.keys() == population.keys() - {"calibration_error"}
    for name, inside in covered.items():
        assert 0.92 <= np.mean(inside) <= (1 if name in wide else 0.98), name


def jackknife_error(metric: Callable[..., float], counts: Ints) -> float:
    """The infinitesimal jackknife of scikit-learn's metric: each pair of classes weighs a little more in turn."""
    pairs, weights = np.indices(counts.shape).reshape(2, -1), counts.ravel().astype(np.float64)

    def weighted(change: Floats | float) -> float:
        return metric(*pairs, sample_weight=weights + change)

    steps = np.eye(len(weights)) * 1e-3
    influence = np.array([(weighted(step) - weighted(-step)) / 2e-3 for step in steps])
    return math.sqrt(float((weights * influence**2).sum()))


def test_macro_f1_and_correlation_have_the_delta_methods_error() -> None:
    """The bounds of the macro f1 and of the correlation are those of their numerical derivatives."""
    rows = softmax(8, 1_500, [0.5, 0.3, 0.2])
    counts = metrics.confusion_matrix(rows.actual, rows.predicted)
    found = {measured.name: measured for measured in measure(rows.tally())}
    f1, correlation = found["f1"], found["matthews_corrcoef"]
    error = jackknife_error(lambda *pairs, **weights: metrics.f1_score(*pairs, average="macro", **weights), counts)
    assert (f1.lower, f1.upper) == pytest.approx(intervals.logit(f1.value, error), rel=1e-6)
    error = jackknife_error(metrics.matthews_corrcoef, counts)
    assert (correlation.lower, correlation.upper) == pytest.approx(intervals.fisher(correlation.value, error), rel=1e-6)
