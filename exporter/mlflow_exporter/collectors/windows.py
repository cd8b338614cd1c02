"""Which version is monitored, and the rows and labels in its windows."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow_exporter.collectors.family import Collector, Family, Importance, Sample
from mlflow_exporter.collectors.labels import VERSION, WINDOW, by_window, quantile
from mlflow_exporter.results import Evaluation, ModelDescription, WindowEvaluation

INFO = Family(
    "ml_model_info",
    "1 for each model version monitored.",
    (*VERSION, "task", "alias", "run_id"),
    "info",
    Importance.VERDICT,
)
LAST_PREDICTION = Family("ml_last_prediction_timestamp_seconds", "Unix time of the newest prediction seen.", VERSION)
ROWS = Family("ml_window_rows", "Prediction rows in the window.", WINDOW, importance=Importance.VERDICT)
START = Family("ml_window_start_timestamp_seconds", "Unix time at which the window evaluated starts.", WINDOW)
END = Family("ml_window_end_timestamp_seconds", "Unix time at which the window evaluated ends.", WINDOW)
LABELLED = Family("ml_labelled_rows", "Prediction rows in the window whose label has arrived.", WINDOW)
COVERAGE = Family("ml_label_coverage_ratio", "Share of the window's prediction rows whose label has arrived.", WINDOW)
DELAY = Family(
    "ml_label_delay_seconds",
    "Quantiles of the delay between a prediction and its label.",
    (*WINDOW, "quantile"),
    "unknown",
)
SKIPPED = Family(
    "ml_skipped",
    "1 where a subject (drift, performance, ...) was not computed, and why.",
    (*WINDOW, "subject", "reason"),
)


def collect(evaluation: Evaluation) -> Iterator[Sample]:
    """Samples of one model's evaluation."""
    if evaluation.description is not None:
        yield from _version(evaluation.description, evaluation.last_prediction_at)
    for labels, window in by_window(evaluation):
        yield from _rows(labels, window)
        yield from _labels(labels, window)
        for skipped in window.skipped:
            yield SKIPPED.sample((*labels, skipped.subject, skipped.reason), 1)


def _version(description: ModelDescription, last_prediction_at: float | None) -> Iterator[Sample]:
    labels = description.key.name, description.key.version
    yield INFO.sample((*labels, description.task, description.alias, description.run_id), 1)
    yield LAST_PREDICTION.sample(labels, last_prediction_at)


def _rows(labels: tuple[str, ...], window: WindowEvaluation) -> Iterator[Sample]:
    yield ROWS.sample(labels, window.rows)
    yield START.sample(labels, window.start)
    yield END.sample(labels, window.end)


def _labels(labels: tuple[str, ...], window: WindowEvaluation) -> Iterator[Sample]:
    yield LABELLED.sample(labels, window.labelled_rows)
    yield COVERAGE.sample(labels, window.label_coverage_ratio)
    for rank, seconds in window.label_delay_quantiles.items():
        yield DELAY.sample((*labels, quantile(rank)), seconds)


COLLECTOR = Collector(
    "windows",
    Evaluation,
    (INFO, LAST_PREDICTION, ROWS, START, END, LABELLED, COVERAGE, DELAY, SKIPPED),
    collect,
)
