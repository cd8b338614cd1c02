"""What in an evaluation makes `--fail-on` fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from mlflow_exporter.domain import Measurement, Role
from mlflow_exporter.results import Bound, ColumnQuality, Evaluation, WindowEvaluation
from mlflow_exporter.web.formats import counted, number, title
from mlflow_exporter.web.lights import answers


def offences(evaluation: Evaluation, subjects: Sequence[str]) -> Iterator[str]:
    """A line for each thing that is wrong with these subjects: drift, performance, confidence, quality, skipped."""
    for subject in subjects:
        for window in evaluation.windows:
            for offence in _OFFENCES[subject](evaluation, window):
                yield f"{subject} in {window.window.name}: {offence}"
    if "quality" in subjects:
        yield from (
            f"quality: {counted(rows, 'row')} refused: {why}" for why, rows in evaluation.rejected.items() if rows
        )


def _drift(_evaluation: Evaluation, window: WindowEvaluation) -> Iterator[str]:
    for verdict in window.verdicts:
        if verdict.detected and verdict.role is Role.FEATURE:
            yield f"{verdict.column}: {verdict.test} {number(verdict.score)} > {number(verdict.threshold)}"
    for drift in window.dataset_drift:
        if drift.detected:
            yield f"rows as a whole: {drift.test} {number(drift.score)} > {number(drift.threshold)}"


def _performance(evaluation: Evaluation, window: WindowEvaluation) -> Iterator[str]:
    return _broken(evaluation, window.performance)


def _confidence(evaluation: Evaluation, window: WindowEvaluation) -> Iterator[str]:
    return _broken(evaluation, answers(window))


def _broken(evaluation: Evaluation, found: Sequence[Measurement]) -> Iterator[str]:
    by_name = {measured.name: measured for measured in found}
    for bound in evaluation.description.bounds if evaluation.description else ():
        if bound.metric in by_name and bound.broken_by(by_name[bound.metric]):
            yield comparison(bound, by_name[bound.metric])


def comparison(bound: Bound, measured: Measurement) -> str:
    """A value that breaks a bound, its interval where it has one, and the bound."""
    known = measured.lower is not None and measured.upper is not None
    interval = f" ({number(measured.lower)} to {number(measured.upper)})" if known else ""
    sign = "<" if bound.is_minimum else ">"
    return f"{bound.metric} {number(measured.value)}{interval} {sign} {number(bound.value)}"


def _quality(evaluation: Evaluation, window: WindowEvaluation) -> Iterator[str]:
    known = evaluation.description.baseline_quality if evaluation.description else ()
    baseline = {quality.column: quality for quality in known}
    if window.duplicate_rows_ratio:
        yield f"{number(100 * window.duplicate_rows_ratio)}% of the rows are repeated"
    for quality in window.quality:
        if quality.column in baseline:
            yield from _new_faults(quality, baseline[quality.column])


def _new_faults(window: ColumnQuality, baseline: ColumnQuality) -> Iterator[str]:
    for fault in ("missing", "invalid", "unseen"):
        ratio = getattr(window, f"{fault}_ratio")
        if ratio and not getattr(baseline, f"{fault}_ratio"):
            yield f"{window.column}: {number(100 * ratio)}% {fault}, none in the baseline"


def _skipped(_evaluation: Evaluation, window: WindowEvaluation) -> Iterator[str]:
    return (f"no {title(skipped.subject).lower()}: {title(skipped.reason).lower()}" for skipped in window.skipped)


_OFFENCES: Mapping[str, Callable[[Evaluation, WindowEvaluation], Iterator[str]]] = {
    "drift": _drift,
    "performance": _performance,
    "confidence": _confidence,
    "quality": _quality,
    "skipped": _skipped,
}
