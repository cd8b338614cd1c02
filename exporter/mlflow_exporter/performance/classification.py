"""The performance of a classifier, from its tally.

Definitions are scikit-learn's, with one difference: what is undefined (0 / 0) is absent instead of 0 or NaN. With more
than two classes, precision, recall, f1, roc_auc and average_precision are means over the classes for which they are
defined (`average="macro", zero_division=nan`; one class against the rest), and a class that is nowhere is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from mlflow_exporter.domain import Measurement
from mlflow_exporter.performance import intervals, ranking
from mlflow_exporter.performance.intervals import Interval, measurement
from mlflow_exporter.profiles.classification import Calibration, ClassificationTally, Loss
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.results import ClassPerformance


def measure(tally: ClassificationTally) -> tuple[Measurement, ...]:
    """Every metric of the rows that is defined, with its 95% bounds where sound ones are known.

    accuracy, precision, recall, f1, balanced_accuracy, matthews_corrcoef; of the rows with probabilities roc_auc,
    average_precision, log_loss, brier_score, calibration_error. Exact but for roc_auc and average_precision: where the
    baseline had scores they err by less than 1e-3 (average_precision by up to 3e-3 with fewer than 200 positives), and
    their bounds allow for the error in any case.
    """
    if not tally.rows:
        return ()
    by_task = _macro if tally.spec.positive is None else _binary
    return (_accuracy(tally.confusion), *by_task(tally), *_agreement(tally.confusion), *_of_scores(tally))


def by_class(tally: ClassificationTally) -> tuple[ClassPerformance, ...]:
    """Precision, recall, f1 and support of each class, in the order of the classes."""
    return tuple(
        ClassPerformance(label, (*_of_class(tally.confusion, code), _support(tally.confusion, code)))
        for code, label in enumerate(tally.spec.classes)
    )


def confusion(tally: ClassificationTally) -> dict[tuple[str, str], int]:
    """How many rows each (actual, predicted) pair of classes has; pairs without rows are left out."""
    classes = tally.spec.classes
    pairs = np.argwhere(tally.confusion).tolist()
    return {(classes[i], classes[j]): int(tally.confusion[i, j]) for i, j in pairs}


def _accuracy(matrix: Ints) -> Measurement:
    right, rows = int(np.trace(matrix)), int(matrix.sum())
    return measurement("accuracy", right / rows, intervals.wilson(right, rows))


def _binary(tally: ClassificationTally) -> Iterator[Measurement]:
    return _of_class(tally.confusion, tally.spec.positive_code)


def _of_class(matrix: Ints, code: int) -> Iterator[Measurement]:
    right = int(matrix[code, code])
    actual, predicted = int(matrix[code].sum()), int(matrix[:, code].sum())
    if predicted:
        yield measurement("precision", right / predicted, intervals.wilson(right, predicted))
    if actual:
        yield measurement("recall", right / actual, intervals.wilson(right, actual))
    if actual or predicted:
        union = actual + predicted - right
        yield measurement("f1", 2 * right / (actual + predicted), _f1_interval(right, union))


def _f1_interval(right: int, union: int) -> Interval:
    """Through the Jaccard index J = TP / (TP + FP + FN), a proportion: f1 = 2J / (1 + J) grows with it."""
    jaccard = intervals.wilson(right, union)
    return jaccard and (2 * jaccard[0] / (1 + jaccard[0]), 2 * jaccard[1] / (1 + jaccard[1]))


def _support(matrix: Ints, code: int) -> Measurement:
    return measurement("support", int(matrix[code].sum()))


def _macro(tally: ClassificationTally) -> Iterator[Measurement]:
    matrix = tally.confusion
    yield _mean_of_ratios("precision", np.diagonal(matrix), matrix.sum(axis=0))
    yield _mean_of_ratios("recall", np.diagonal(matrix), matrix.sum(axis=1))
    shares = matrix / matrix.sum()
    doubled = shares.sum(axis=0) + shares.sum(axis=1)
    present = doubled > 0
    f1 = np.divide(2 * np.diagonal(shares), doubled, out=np.zeros(len(matrix)), where=present)
    weight = np.divide(1, doubled, out=np.zeros(len(matrix)), where=present) / present.sum()
    # A row lowers the f1 of its actual and of its predicted class, and raises it where they are the same.
    gradient = 2 * np.diag(weight) - (f1 * weight)[:, None] - (f1 * weight)[None, :]
    value = float(f1[present].mean())
    error = intervals.delta_error(shares, gradient, int(matrix.sum()))
    yield measurement("f1", value, intervals.logit(value, error))


def _agreement(matrix: Ints) -> Iterator[Measurement]:
    """Metrics that need two classes at least: what they measure is telling classes apart."""
    actual, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
    if np.count_nonzero(actual) < 2:
        return
    yield _mean_of_ratios("balanced_accuracy", np.diagonal(matrix), actual)
    if np.count_nonzero(predicted) > 1:
        yield _matthews(matrix / matrix.sum(), int(matrix.sum()))


def _mean_of_ratios(name: str, right: Ints, rows: Ints) -> Measurement:
    present = rows > 0
    interval = intervals.mean_of_proportions(right[present], rows[present])
    return measurement(name, float((right[present] / rows[present]).mean()), interval)


def _matthews(shares: Floats, rows: int) -> Measurement:
    """The correlation of actual and predicted class (Gorodkin, 2004).

    Its error is the delta method's, on Fisher's scale (Itaya et al., 2024, arXiv 2405.12622): 1 / sqrt(n - 3) would
    be for two normal variables.
    """
    actual, predicted = shares.sum(axis=1), shares.sum(axis=0)
    actual_spread, predicted_spread = 1 - float(actual @ actual), 1 - float(predicted @ predicted)
    scale = math.sqrt(actual_spread * predicted_spread)
    value = min(1.0, max(-1.0, (float(np.trace(shares)) - float(actual @ predicted)) / scale))
    gradient = (np.eye(len(shares)) - predicted[:, None] - actual[None, :]) / scale
    gradient += value * (actual[:, None] / actual_spread + predicted[None, :] / predicted_spread)
    error = intervals.delta_error(shares, gradient, rows)
    return measurement("matthews_corrcoef", value, intervals.fisher(value, error))


def _of_scores(tally: ClassificationTally) -> Iterator[Measurement]:
    if not tally.losses.rows:
        return
    yield from _mean_ranking(tally, "roc_auc", ranking.roc_auc)
    yield from _mean_ranking(tally, "average_precision", ranking.average_precision)
    yield _mean_loss(tally, "log_loss", Loss.LOG_LOSS)
    yield _mean_loss(tally, "brier_score", Loss.BRIER_SCORE)
    yield _calibration_error(tally)


def _mean_ranking(
    tally: ClassificationTally, name: str, of: Callable[[ranking.Ranking], ranking.Estimate | None]
) -> Iterator[Measurement]:
    starts = tally.spec.starts.tolist()
    columns = (tally.scores.column(slice(a, b)) for a, b in pairwise(starts))
    estimates = [estimate for column in columns if (estimate := of(ranking.Ranking.of(column))) is not None]
    if estimates:
        whole = ranking.mean(estimates)
        yield measurement(name, whole.value, whole.interval)


def _mean_loss(tally: ClassificationTally, name: str, loss: Loss) -> Measurement:
    mean = float(tally.losses.means[loss])
    interval = intervals.of_mean(mean, float(tally.losses.m2[loss]), tally.losses.rows)
    return measurement(name, mean, interval and (max(0.0, interval[0]), interval[1]))


def _calibration_error(tally: ClassificationTally) -> Measurement:
    """The expected calibration error in 10 uniform bins (Guo et al., 2017, ICML).

    It has no bounds: a mean of absolute values is biased upwards in small windows, and by how much is not known.
    """
    correct, confidence = tally.calibration[Calibration.CORRECT], tally.calibration[Calibration.CONFIDENCE]
    return measurement("calibration_error", float(np.abs(correct - confidence).sum()) / tally.losses.rows)
