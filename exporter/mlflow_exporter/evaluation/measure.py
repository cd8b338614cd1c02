"""One window against the baseline: every number of a WindowEvaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mlflow_exporter.domain import Measurement, Role, Task
from mlflow_exporter.engines.plan import PREDICTION, SCORE
from mlflow_exporter.evaluation.drift import MINIMUM_ROWS, DriftEvaluator
from mlflow_exporter.evaluation.quality import column_quality
from mlflow_exporter.evaluation.windows import WindowSum
from mlflow_exporter.performance import classification, regression
from mlflow_exporter.profiles.classification import ClassificationTally
from mlflow_exporter.profiles.profile import Moment, Profile
from mlflow_exporter.profiles.quantiles import quantiles
from mlflow_exporter.profiles.summary import DELAY, EVERY_ROW, LATENCY, TIMINGS, OutcomeTally, Summary
from mlflow_exporter.results import (
    ClassPerformance,
    PredictionStatistics,
    SegmentPerformance,
    Skipped,
    WindowEvaluation,
)

LATENCY_LEVELS, DELAY_LEVELS = (0.5, 0.95, 0.99), (0.5, 0.95)


@dataclass(frozen=True)
class Limits:
    """How many classes and segments get numbers of their own."""

    classes: int
    segments: int


@dataclass(frozen=True)
class Told:
    """What the log tells: ids, by which repeated rows are known, and labels, in its rows or apart."""

    ids: bool = True
    labels: bool = True


def measure(
    total: WindowSum, end: float, drift: DriftEvaluator, low_confidence: float, limits: Limits, told: Told
) -> WindowEvaluation:
    """Everything there is to say of a window's rows; `end` is in Unix seconds, and a snapshot has none."""
    summary = total.summary
    every = summary.outcomes.get(EVERY_ROW)
    labelled = every is not None and every.rows >= MINIMUM_ROWS
    return WindowEvaluation(
        total.window,
        total.start,
        None if total.start is None else end,
        summary.rows,
        summary.labelled if told.labels else None,
        label_coverage_ratio=summary.labelled / summary.rows if told.labels and summary.rows else None,
        label_delay_quantiles=_timing(summary.timings, DELAY, DELAY_LEVELS),
        duplicate_rows_ratio=_duplicates(summary) if told.ids else None,
        drift=drift.scores(summary.profile),
        dataset_drift=drift.dataset.scores(summary.joint),
        outlier_ratio=drift.dataset.outlier_ratio(summary.joint),
        quality=column_quality(summary.profile),
        distributions=drift.shapes.beside(summary.profile),
        unseen=summary.profile.unseen,
        predictions=prediction_statistics(summary, low_confidence, limits),
        performance=performance(every) if labelled else (),
        by_class=_by_class(every, limits) if labelled else (),
        confusion=_confusion(every, limits) if labelled else {},
        segments=_segments(summary, limits),
        skipped=(*_skipped(summary, drift), *_not_told(told)),
    )


def performance(tally: OutcomeTally | None) -> tuple[Measurement, ...]:
    """Every performance metric of labelled rows; none without any."""
    if tally is None:
        return ()
    if isinstance(tally, ClassificationTally):
        return classification.measure(tally)
    return regression.measure(tally)


def prediction_statistics(summary: Summary, low_confidence: float, limits: Limits) -> PredictionStatistics:
    """What the model answered."""
    mean, stddev = _spread(summary.profile, SCORE if summary.spec.task is Task.CLASSIFICATION else PREDICTION)
    ratios = _class_ratios(summary)
    shown = sorted(ratios, key=lambda label: -ratios[label])[: limits.classes]
    confidence = summary.confidence
    return PredictionStatistics(
        mean,
        stddev,
        None if confidence is None else confidence.mean(),
        None if confidence is None else confidence.ratio_below(low_confidence),
        max(ratios.values(), default=None),
        {label: ratios[label] for label in ratios if label in shown},
        _timing(summary.timings, LATENCY, LATENCY_LEVELS),
    )


def _duplicates(summary: Summary) -> float | None:
    read = summary.rows + summary.duplicates
    return summary.duplicates / read if read else None


def _timing(timings: Profile, name: str, levels: tuple[float, ...]) -> dict[float, float]:
    index = next(i for i, column in enumerate(TIMINGS.numeric) if column.name == name)
    found = quantiles(timings, np.array(levels))[:, index]
    return {} if np.isnan(found).any() else dict(zip(levels, found.tolist(), strict=True))


def _spread(profile: Profile, name: str) -> tuple[float | None, float | None]:
    """Mean and standard deviation of a prediction column, None where there is none."""
    index = profile.layout.position.get((Role.PREDICTION, name))
    if index is None or index >= len(profile.layout.numeric) or not profile.numeric_counts()[index]:
        return None, None
    mean, m2 = profile.moments[Moment.MEAN, index], profile.moments[Moment.M2, index]
    return float(mean), float(np.sqrt(m2 / profile.numeric_counts()[index]))


def _class_ratios(summary: Summary) -> dict[str, float]:
    layout = summary.profile.layout
    position = layout.position.get((Role.PREDICTION, PREDICTION))
    if summary.spec.task is Task.REGRESSION or position is None or not summary.rows:
        return {}
    index = position - len(layout.numeric)
    start, stop = layout.categorical_starts[index : index + 2]
    counts = summary.profile.cells[start : stop - 1] / max(int(summary.profile.cells[start:stop].sum()), 1)
    return dict(zip(layout.categorical[index].categories, counts.tolist(), strict=True))


def _by_class(tally: OutcomeTally | None, limits: Limits) -> tuple[ClassPerformance, ...]:
    if not isinstance(tally, ClassificationTally):
        return ()
    return classification.by_class(tally)[: limits.classes]


def _confusion(tally: OutcomeTally | None, limits: Limits) -> dict[tuple[str, str], int]:
    if not isinstance(tally, ClassificationTally) or len(tally.spec.classes) > limits.classes:
        return {}
    return classification.confusion(tally)


def _segments(summary: Summary, limits: Limits) -> tuple[SegmentPerformance, ...]:
    largest = summary.segment_rows.most_common(limits.segments)
    return tuple(_segment(name, rows, summary.outcomes.get(name)) for name, rows in sorted(largest))


def _segment(name: str, rows: int, tally: OutcomeTally | None) -> SegmentPerformance:
    enough = tally is not None and tally.rows >= MINIMUM_ROWS
    return SegmentPerformance(name, rows, performance(tally) if enough else ())


def _skipped(summary: Summary, drift: DriftEvaluator) -> Iterator[Skipped]:
    if not summary.rows:
        yield Skipped("drift", "no_data")
        yield Skipped("quality", "no_data")
        yield Skipped("predictions", "no_data")
    elif summary.rows < MINIMUM_ROWS:
        yield Skipped("drift", "too_few_rows")
    yield from drift.dataset.skipped(summary.joint)
    if summary.rows and summary.spec.task is Task.CLASSIFICATION and summary.confidence is None:
        yield Skipped("confidence", "no_probabilities")
    if not summary.labelled:
        yield Skipped("performance", "no_labels" if summary.rows else "no_data")
    elif summary.labelled < MINIMUM_ROWS:
        yield Skipped("performance", "too_few_rows")
    for role, subject in ((Role.PREDICTION, "prediction_drift"), (Role.LABEL, "label_drift")):
        if not any(column.role is role for column in drift.baseline.layout.columns):
            yield Skipped(subject, "no_baseline")


def _not_told(told: Told) -> Iterator[Skipped]:
    if not told.ids:
        yield Skipped("duplicates", "not_configured")
    if not told.labels:
        yield Skipped("labels", "not_configured")
