"""State of the features' values, in the windows and in the baseline, and the rows that were not counted."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow_exporter.collectors.family import Collector, Family, Importance, Sample
from mlflow_exporter.collectors.labels import COLUMN, MODEL, VERSION, WINDOW, by_window, quantile
from mlflow_exporter.domain import REJECTION_REASONS
from mlflow_exporter.results import ColumnQuality, Evaluation, ModelDescription

_BASELINE = (*VERSION, "column")

MISSING = Family("ml_column_missing_ratio", "Share of the rows without a value.", COLUMN)
UNSEEN = Family("ml_column_unseen_ratio", "Share of the rows with a category that the baseline has not.", COLUMN)
OUT_OF_RANGE = Family("ml_column_out_of_range_ratio", "Share of the rows outside the baseline's range.", COLUMN)
INVALID = Family(
    "ml_column_invalid_ratio", "Share of the rows with a value of the wrong type, NaN or infinite.", COLUMN
)
MEAN = Family("ml_column_mean", "Mean of the column's finite values.", COLUMN, importance=Importance.DETAIL)
STDDEV = Family(
    "ml_column_stddev",
    "Standard deviation (over n, not n - 1) of the column's finite values.",
    COLUMN,
    importance=Importance.DETAIL,
)
QUANTILE = Family(
    "ml_column_quantile",
    "Quantiles of the column's finite values.",
    (*COLUMN, "quantile"),
    "unknown",
    Importance.DETAIL,
)
BASELINE_MISSING = Family(
    "ml_column_baseline_missing_ratio", "Share of the baseline's rows without a value.", _BASELINE
)
BASELINE_MEAN = Family(
    "ml_column_baseline_mean",
    "Mean of the column's finite values in the baseline.",
    _BASELINE,
    importance=Importance.DETAIL,
)
BASELINE_STDDEV = Family(
    "ml_column_baseline_stddev",
    "Standard deviation (over n, not n - 1) of the column's finite values in the baseline.",
    _BASELINE,
    importance=Importance.DETAIL,
)
BASELINE_QUANTILE = Family(
    "ml_column_baseline_quantile",
    "Quantiles of the column's finite values in the baseline.",
    (*_BASELINE, "quantile"),
    "unknown",
    Importance.DETAIL,
)
REJECTED = Family(
    "ml_rows_rejected_total",
    "Rows read and not counted, by reason, since the state was created.",
    (*MODEL, "reason"),
    "counter",
    Importance.VERDICT,
)
DUPLICATES = Family("ml_duplicate_rows_ratio", "Share of the window's rows whose id was already counted.", WINDOW)


def collect(evaluation: Evaluation) -> Iterator[Sample]:
    """Samples of one model's evaluation."""
    for reason in REJECTION_REASONS:
        # From 0 on, for a counter that begins with its first increase hides that one from increase().
        yield REJECTED.sample((evaluation.name, reason), evaluation.rejected.get(reason, 0))
    if evaluation.description is not None:
        yield from _baseline(evaluation.description)
    for labels, window in by_window(evaluation):
        yield DUPLICATES.sample(labels, window.duplicate_rows_ratio)
        for quality in window.quality:
            yield from _column((*labels, quality.column), quality)


def _column(labels: tuple[str, ...], quality: ColumnQuality) -> Iterator[Sample]:
    yield MISSING.sample(labels, quality.missing_ratio)
    yield UNSEEN.sample(labels, quality.unseen_ratio)
    yield OUT_OF_RANGE.sample(labels, quality.out_of_range_ratio)
    yield INVALID.sample(labels, quality.invalid_ratio)
    yield MEAN.sample(labels, quality.mean)
    yield STDDEV.sample(labels, quality.stddev)
    for rank, value in quality.quantiles.items():
        yield QUANTILE.sample((*labels, quantile(rank)), value)


def _baseline(description: ModelDescription) -> Iterator[Sample]:
    for quality in description.baseline_quality:
        labels = description.key.name, description.key.version, quality.column
        yield BASELINE_MISSING.sample(labels, quality.missing_ratio)
        yield BASELINE_MEAN.sample(labels, quality.mean)
        yield BASELINE_STDDEV.sample(labels, quality.stddev)
        for rank, value in quality.quantiles.items():
            yield BASELINE_QUANTILE.sample((*labels, quantile(rank)), value)


_WINDOW_FAMILIES = (MISSING, UNSEEN, OUT_OF_RANGE, INVALID, MEAN, STDDEV, QUANTILE, DUPLICATES)
_BASELINE_FAMILIES = (BASELINE_MISSING, BASELINE_MEAN, BASELINE_STDDEV, BASELINE_QUANTILE)
COLLECTOR = Collector("quality", Evaluation, (*_WINDOW_FAMILIES, *_BASELINE_FAMILIES, REJECTED), collect)
