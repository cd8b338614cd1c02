"""Evaluations as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mlflow_exporter.cli import console
from mlflow_exporter.domain import Measurement, Role
from mlflow_exporter.results import Bound, DatasetDrift, DriftScore, Evaluation, ModelDescription, WindowEvaluation
from mlflow_exporter.web.charts import severity
from mlflow_exporter.web.formats import counted, measured, number, percent, times, title
from mlflow_exporter.web.lights import answers, lights

COLUMNS_SHOWN = 20


def report(evaluations: Iterable[Evaluation]) -> None:
    """Print each model and window: its columns worst first, its performance against its bounds."""
    out = console.stdout()
    for evaluation in evaluations:
        _report(out, evaluation)


def _report(out: Console, evaluation: Evaluation) -> None:
    words = ", ".join(f"{light.sign} {light.words}" for light in lights(evaluation))
    out.print(f"\n[bold]{escape(_name(evaluation))}[/]  {words}", soft_wrap=True)
    description = evaluation.description
    if description is None:
        return
    for window in evaluation.windows:
        out.print(f"\n[bold]{window.window.name}[/]  {_size(window)}", soft_wrap=True)
        for made in (_drift(window), _performance(description, window)):
            if made.row_count:
                out.print(made)
        for line in _left_out(window):
            out.print(escape(line), soft_wrap=True)


def _name(evaluation: Evaluation) -> str:
    known = evaluation.description
    if known is None:
        return evaluation.name
    alias = f" @{known.alias}" if known.alias else ""
    rows = f"baseline of {counted(known.baseline_rows, 'row')}" if known.baseline_rows else "no baseline"
    return f"{known.key}{alias} ({known.task.value}, {rows})"


def _size(window: WindowEvaluation) -> str:
    parts = [counted(window.rows, "row")]
    if window.labelled_rows is not None:
        parts.append(f"{window.labelled_rows:,} labelled ({percent(window.label_coverage_ratio)})")
    features = [verdict for verdict in window.verdicts if verdict.role is Role.FEATURE]
    if features:
        parts.append(f"{sum(verdict.detected for verdict in features)} of {len(features)} features drifted")
    if any(drift.detected for drift in window.dataset_drift):
        parts.append("rows as a whole drifted")
    return ", ".join(parts)


def _drift(window: WindowEvaluation) -> Table:
    numbers = ("score", "threshold", "times")
    made = console.table("Drift, worst first", "column", "test", *numbers, "", numbers=numbers)
    for verdict in sorted(window.verdicts, key=severity, reverse=True)[:COLUMNS_SHOWN]:
        made.add_row(*_verdict(verdict), style="yellow" if verdict.detected else None)
    for drift in sorted(window.dataset_drift, key=severity, reverse=True):
        made.add_row("rows as a whole", *_judged(drift), style="yellow" if drift.detected else None)
    return made


def _verdict(verdict: DriftScore) -> tuple[str, ...]:
    own = verdict.role is Role.FEATURE or verdict.column == verdict.role.value
    return escape(verdict.column if own else f"{verdict.column} ({verdict.role.value})"), *_judged(verdict)


def _judged(drift: DriftScore | DatasetDrift) -> tuple[str, ...]:
    return (
        title(drift.test),
        number(drift.score),
        number(drift.threshold),
        times(severity(drift)),
        "◆ drifted" if drift.detected else "",
    )


def _performance(description: ModelDescription, window: WindowEvaluation) -> Table:
    numbers = ("value", "baseline", "bound")
    made = console.table("Performance", "metric", *numbers, "95% interval", "", numbers=numbers)
    baseline = {metric.name: metric.value for metric in description.baseline_performance}
    for metric in (*window.performance, *answers(window)):
        bounds = [bound for bound in description.bounds if bound.metric == metric.name]
        words, style = _standing(metric, bounds)
        made.add_row(*_measured(metric, baseline.get(metric.name), bounds), words, style=style)
    return made


def _standing(metric: Measurement, bounds: Sequence[Bound]) -> tuple[str, str | None]:
    if any(bound.broken_by(metric) for bound in bounds):
        return "▼ out of bounds", "red"
    if any(bound.doubted_by(metric) for bound in bounds):
        return "▽ within noise", "yellow"
    return "", None


def _measured(metric: Measurement, baseline: float | None, bounds: Sequence[Bound]) -> tuple[str, ...]:
    bound = ", ".join(f"{'≥' if bound.is_minimum else '≤'} {number(bound.value)}" for bound in bounds) or "–"
    interval = "–" if metric.lower is None else f"{measured(metric.lower)} – {measured(metric.upper)}"
    return title(metric.name), measured(metric.value), measured(baseline), bound, interval


def _left_out(window: WindowEvaluation) -> Iterator[str]:
    """What the tables do not show, and why."""
    beyond = len(window.verdicts) - COLUMNS_SHOWN
    if beyond > 0:
        yield f"and {beyond:,} more columns, less drifted"
    for skipped in window.skipped:
        yield f"No {title(skipped.subject).lower()}: {title(skipped.reason).lower()}"
