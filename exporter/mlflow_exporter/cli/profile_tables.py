"""What a baseline holds, as tables."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from mlflow_exporter.cli import console
from mlflow_exporter.domain import Role
from mlflow_exporter.evaluation.measure import performance
from mlflow_exporter.evaluation.quality import column_quality
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.layout import CategoricalColumn, Column
from mlflow_exporter.profiles.summary import EVERY_ROW
from mlflow_exporter.results import ColumnQuality
from mlflow_exporter.web.formats import counted, measured, number, percent

COLUMNS_SHOWN = 60


def show(baseline: Baseline) -> None:
    """Print the baseline's columns, and the model's performance on it."""
    out = console.stdout()
    out.print(
        f"[bold]{counted(baseline.rows, 'row')}[/], {baseline.spec.task.value}{_classes(baseline)}", soft_wrap=True
    )
    out.print(_columns(baseline))
    beyond = len(baseline.layout.columns) - COLUMNS_SHOWN
    if beyond > 0:
        out.print(f"and {beyond:,} more columns")
    scores = _performance(baseline)
    if scores.row_count:
        out.print(scores)
    else:
        out.print("No performance on the baseline: that takes the columns of label and prediction.\n")


def _classes(baseline: Baseline) -> str:
    spec = baseline.spec
    if not spec.classes:
        return ""
    positive = f"; positive: {escape(spec.positive)}" if spec.positive else ""
    return f" ({len(spec.classes)} classes: {escape(', '.join(spec.classes[:10]))}{positive})"


def _columns(baseline: Baseline) -> Table:
    quality = {found.column: found for found in column_quality(baseline.summary.profile)}
    numbers = ("missing", "mean", "stddev")
    made = console.table("Columns", "column", "role", "kind", *numbers, "values", numbers=numbers)
    for column in baseline.layout.columns[:COLUMNS_SHOWN]:
        own = quality.get(column.name) if column.role is Role.FEATURE else None
        made.add_row(escape(column.name), column.role.value, column.kind.value, *_numbers(own), escape(_values(column)))
    return made


def _numbers(quality: ColumnQuality | None) -> tuple[str, str, str]:
    if quality is None:
        return "–", "–", "–"
    return percent(quality.missing_ratio), number(quality.mean), number(quality.stddev)


def _values(column: Column) -> str:
    """The first categories."""
    if isinstance(column, CategoricalColumn):
        first = ", ".join(column.categories[:5])
        return first + (", …" if len(column.categories) > 5 or column.other else "")
    return ""


def _performance(baseline: Baseline) -> Table:
    made = console.table("Performance on it", "metric", "value", "95% interval", numbers=("value",))
    for metric in performance(baseline.summary.outcomes.get(EVERY_ROW)):
        interval = "–" if metric.lower is None else f"{measured(metric.lower)} – {measured(metric.upper)}"
        made.add_row(metric.name, measured(metric.value), interval)
    return made
