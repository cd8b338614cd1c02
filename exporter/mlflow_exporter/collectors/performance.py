"""How good the answers were, once their labels arrived: values, bounds, by class and by segment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlflow_exporter.collectors.family import Collector, Family, Importance, Sample
from mlflow_exporter.collectors.labels import VERSION, WINDOW, by_window
from mlflow_exporter.results import Bound, Evaluation, ModelDescription, WindowEvaluation

_METRIC = (*WINDOW, "metric")

VALUE = Family("ml_performance", "Performance metric on the labelled rows.", _METRIC, importance=Importance.VERDICT)
LOWER = Family(
    "ml_performance_lower", "Lower 95% confidence bound of ml_performance.", _METRIC, importance=Importance.EVIDENCE
)
UPPER = Family(
    "ml_performance_upper", "Upper 95% confidence bound of ml_performance.", _METRIC, importance=Importance.EVIDENCE
)
BASELINE = Family(
    "ml_performance_baseline",
    "The same metric on the baseline.",
    (*VERSION, "metric"),
    importance=Importance.EVIDENCE,
)
THRESHOLD = Family(
    "ml_performance_threshold",
    "The configured bound of the metric: the value may not be below it (bound=min), or above it (bound=max).",
    (*VERSION, "metric", "bound"),
    importance=Importance.VERDICT,
)
CLASS = Family(
    "ml_class_performance",
    "Precision, recall, f1 and support of one class.",
    (*WINDOW, "class", "metric"),
    importance=Importance.DETAIL,
)
CONFUSION = Family(
    "ml_confusion_rows",
    "Labelled rows by actual and predicted class.",
    (*WINDOW, "actual", "predicted"),
    importance=Importance.DETAIL,
)
SEGMENT_ROWS = Family(
    "ml_segment_rows",
    "Prediction rows of a segment (column=value).",
    (*WINDOW, "segment"),
    importance=Importance.DETAIL,
)
SEGMENT = Family(
    "ml_segment_performance",
    "Performance metric on the labelled rows of a segment (column=value).",
    (*WINDOW, "segment", "metric"),
    importance=Importance.DETAIL,
)


def collect(evaluation: Evaluation) -> Iterator[Sample]:
    """Samples of one model's evaluation."""
    if evaluation.description is not None:
        yield from _expected(evaluation.description)
    for labels, window in by_window(evaluation):
        yield from _overall(labels, window)
        yield from _classes(labels, window)
        yield from _segments(labels, window)


def _expected(description: ModelDescription) -> Iterator[Sample]:
    labels = description.key.name, description.key.version
    for measured in description.baseline_performance:
        yield BASELINE.sample((*labels, measured.name), measured.value)
    for bound in _strictest(description.bounds):
        yield THRESHOLD.sample((*labels, bound.metric, "min" if bound.is_minimum else "max"), bound.value)


def _strictest(bounds: Sequence[Bound]) -> list[Bound]:
    # `min` and `max_drop` may both give a minimum; the stricter one decides, and one series carries it.
    loose_first = sorted(bounds, key=lambda bound: bound.value if bound.is_minimum else -bound.value)
    return list({(bound.metric, bound.is_minimum): bound for bound in loose_first}.values())


def _overall(labels: tuple[str, ...], window: WindowEvaluation) -> Iterator[Sample]:
    for measured in window.performance:
        metric = (*labels, measured.name)
        yield VALUE.sample(metric, measured.value)
        yield LOWER.sample(metric, measured.lower)
        yield UPPER.sample(metric, measured.upper)


def _classes(labels: tuple[str, ...], window: WindowEvaluation) -> Iterator[Sample]:
    for of_class in window.by_class:
        for measured in of_class.metrics:
            yield CLASS.sample((*labels, of_class.label, measured.name), measured.value)
    for (actual, predicted), rows in window.confusion.items():
        yield CONFUSION.sample((*labels, actual, predicted), rows)


def _segments(labels: tuple[str, ...], window: WindowEvaluation) -> Iterator[Sample]:
    for segment in window.segments:
        yield SEGMENT_ROWS.sample((*labels, segment.segment), segment.rows)
        for measured in segment.metrics:
            yield SEGMENT.sample((*labels, segment.segment, measured.name), measured.value)


COLLECTOR = Collector(
    "performance",
    Evaluation,
    (VALUE, LOWER, UPPER, BASELINE, THRESHOLD, CLASS, CONFUSION, SEGMENT_ROWS, SEGMENT),
    collect,
)
