"""What a model's page shows of one window: drift worst first, performance against its bounds, skipped subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlflow_exporter.domain import Measurement, Role, Task
from mlflow_exporter.results import (
    Bound,
    ColumnQuality,
    DriftScore,
    ModelDescription,
    Skipped,
    WindowEvaluation,
)
from mlflow_exporter.web.charts import Chart, ScoreBar, Whisker, severity
from mlflow_exporter.web.formats import title
from mlflow_exporter.web.lights import answers

_REASONS = {
    "no_data": "no rows are in this window",
    "too_few_rows": "too few rows are in this window",
    "no_labels": "no labels have arrived yet",
    "no_baseline": "the model has no baseline yet; log one with `mlflow-exporter baseline`",
    "no_probabilities": "the predictions come without class probabilities",
    "not_installed": "a library that it needs is not installed",
    "not_configured": "the configuration names no column for it",
}


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """A column's verdict and its evidence."""

    verdict: DriftScore
    bar: ScoreBar
    tests: tuple[DriftScore, ...]
    chart: Chart | None
    unseen: tuple[tuple[str, int], ...]

    @property
    def severity(self) -> float:
        """How many times its threshold the score is."""
        return severity(self.verdict)


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """A measured value beside what was expected of it.

    `broken` are the bounds that its whole interval is outside of, `doubtful` those that the value alone is.
    """

    measured: Measurement
    baseline: float | None
    bounds: tuple[Bound, ...]
    broken: tuple[Bound, ...]
    doubtful: tuple[Bound, ...]
    whisker: Whisker

    @property
    def change(self) -> float | None:
        """The value minus the baseline's."""
        return None if self.baseline is None else self.measured.value - self.baseline


@dataclass(frozen=True, slots=True)
class QualityRow:
    """A column in the window beside the same column in the baseline."""

    window: ColumnQuality
    baseline: ColumnQuality | None


def drift_rows(description: ModelDescription, window: WindowEvaluation, *, by_name: bool = False) -> list[ColumnDrift]:
    """Every column that has a verdict, the worst first or by name."""
    numeric = _numeric_columns(description, window)
    charts = {
        (found.role, found.column): Chart.of(found, numeric=(found.role, found.column) in numeric)
        for found in window.distributions
        if found.bins
    }
    rows = [_column(verdict, window, charts.get((verdict.role, verdict.column))) for verdict in window.verdicts]
    return sorted(rows, key=lambda row: (0.0 if by_name else -row.severity, row.verdict.column, row.verdict.role))


def _column(verdict: DriftScore, window: WindowEvaluation, chart: Chart | None) -> ColumnDrift:
    tests = tuple(s for s in window.drift if (s.role, s.column) == (verdict.role, verdict.column))
    counts = window.unseen.get(verdict.column, {}) if verdict.role is Role.FEATURE else {}
    unseen = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ColumnDrift(verdict, ScoreBar.of(verdict), tests, chart, tuple(unseen))


def _numeric_columns(description: ModelDescription, window: WindowEvaluation) -> set[tuple[Role, str]]:
    described = (*description.baseline_quality, *window.quality)
    numeric = {(Role.FEATURE, quality.column) for quality in described if quality.mean is not None}
    if description.task is Task.REGRESSION:
        numeric |= {(found.role, found.column) for found in window.distributions if found.role is not Role.FEATURE}
    return numeric


def performance_rows(description: ModelDescription, window: WindowEvaluation) -> list[MeasuredRow]:
    """Every performance metric beside the baseline's value and its bounds."""
    expected = {measured.name: measured.value for measured in description.baseline_performance}
    return [_measured(found, expected.get(found.name), description.bounds) for found in window.performance]


def confidence_rows(description: ModelDescription, window: WindowEvaluation) -> list[MeasuredRow]:
    """The prediction statistics that may have a bound."""
    return [_measured(found, None, description.bounds) for found in answers(window)]


def _measured(measured: Measurement, baseline: float | None, bounds: Sequence[Bound]) -> MeasuredRow:
    own = tuple(bound for bound in bounds if bound.metric == measured.name)
    broken = tuple(bound for bound in own if bound.broken_by(measured))
    doubtful = tuple(bound for bound in own if bound.doubted_by(measured))
    interval = measured.lower, measured.upper
    whisker = Whisker.of(measured.value, interval, baseline, *(bound.value for bound in own))
    return MeasuredRow(measured, baseline, own, broken, doubtful, whisker)


def quality_rows(description: ModelDescription, window: WindowEvaluation) -> list[QualityRow]:
    """Every feature of the window."""
    expected = {quality.column: quality for quality in description.baseline_quality}
    return [QualityRow(quality, expected.get(quality.column)) for quality in window.quality]


def explained(skipped: Skipped) -> str:
    """Why a subject was not computed, as a sentence.

    >>> explained(Skipped("performance", "no_labels"))
    'Performance was not computed: no labels have arrived yet.'
    """
    reason = _REASONS.get(skipped.reason, skipped.reason.replace("_", " "))
    return f"{title(skipped.subject)} was not computed: {reason}."


def shown(windows: Sequence[WindowEvaluation], name: str | None) -> WindowEvaluation | None:
    """The window of that name; without a name the first in which drift was tested, or else the first."""
    if name is not None:
        return next((window for window in windows if window.window.name == name), None)
    return next((window for window in windows if window.drift), windows[0] if windows else None)
