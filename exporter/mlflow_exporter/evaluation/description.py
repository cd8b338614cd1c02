"""What is known of a monitored version before any production row."""

from __future__ import annotations

from mlflow_exporter.config.settings import ModelSettings
from mlflow_exporter.domain import ModelKey, Problem, Task
from mlflow_exporter.evaluation.measure import performance
from mlflow_exporter.evaluation.quality import column_quality
from mlflow_exporter.performance.bounds import bounds
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.summary import EVERY_ROW
from mlflow_exporter.registry.runs import Run
from mlflow_exporter.registry.snapshot import RegisteredVersion
from mlflow_exporter.results import Bound, ModelDescription


def describe(
    settings: ModelSettings, key: ModelKey, version: RegisteredVersion | None, run: Run | None, baseline: Baseline
) -> tuple[ModelDescription, tuple[Problem, ...]]:
    """The description of a version, and which of the configured bounds cannot be had."""
    on_baseline = performance(baseline.summary.outcomes.get(EVERY_ROW))
    thresholds, problems = bounds(settings.performance.thresholds, on_baseline)
    description = ModelDescription(
        key,
        baseline.spec.task,
        _alias(settings, version),
        "" if version is None else version.run_id,
        baseline.rows or None,
        column_quality(baseline.summary.profile),
        on_baseline,
        {} if run is None else run.metrics,
        (*thresholds, *_confidence_bounds(settings, baseline.spec.task)),
    )
    return description, problems


def _alias(settings: ModelSettings, version: RegisteredVersion | None) -> str:
    """The alias it is followed by, else the first that it has."""
    if settings.version.startswith("@"):
        return settings.version.removeprefix("@")
    return next(iter(version.aliases), "") if version is not None else ""


def _confidence_bounds(settings: ModelSettings, task: Task) -> tuple[Bound, ...]:
    if task is Task.REGRESSION:
        return ()
    confidence = settings.confidence
    return (
        Bound("confidence_mean", confidence.min_mean, is_minimum=True, origin="min"),
        Bound("low_confidence_ratio", confidence.max_low_ratio, is_minimum=False, origin="max"),
        Bound("dominant_class_ratio", confidence.max_dominant_class_ratio, is_minimum=False, origin="max"),
    )
