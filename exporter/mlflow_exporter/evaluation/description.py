"""What is known of a monitored version before any production row."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator

from mlflow_exporter.config.names import CLASSIFICATION_METRICS, REGRESSION_METRICS
from mlflow_exporter.config.settings import ModelSettings
from mlflow_exporter.domain import ModelKey, Problem, Role, Task
from mlflow_exporter.evaluation.dataset import DatasetEvaluator
from mlflow_exporter.evaluation.measure import performance
from mlflow_exporter.evaluation.quality import column_quality
from mlflow_exporter.performance.bounds import bounds
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.profiles.summary import EVERY_ROW
from mlflow_exporter.registry.runs import Run
from mlflow_exporter.registry.snapshot import RegisteredVersion
from mlflow_exporter.results import Bound, ModelDescription


def describe(
    settings: ModelSettings, key: ModelKey, version: RegisteredVersion | None, run: Run | None, baseline: Baseline
) -> tuple[ModelDescription, tuple[Problem, ...]]:
    """The description of a version, and what of the configuration does not fit it."""
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
    dataset = DatasetEvaluator(baseline.geometry, settings.drift.dataset, settings.drift.false_alarm_rate)
    doubts = (
        *_other_tasks(settings, baseline.spec),
        *_lacking(settings, baseline.spec),
        *_unknown(settings, baseline),
        *_watched_yet_excluded(settings, baseline),
        *dataset.problems(baseline.rows),
    )
    return description, (*problems, *doubts)


def _other_tasks(settings: ModelSettings, spec: OutcomeSpec) -> Iterator[Problem]:
    """Thresholds on metrics of another task, which would never be applied."""
    metrics = REGRESSION_METRICS if spec.task is Task.REGRESSION else CLASSIFICATION_METRICS
    for metric in settings.performance.thresholds:
        if metric not in metrics:
            what, mend = f"the model does {spec.task}, which has no such metric", f"use {', '.join(sorted(metrics))}"
            yield Problem(f"performance.thresholds.{metric}", what, mend)


def _lacking(settings: ModelSettings, spec: OutcomeSpec) -> Iterator[Problem]:
    """Classes without a column of probabilities, where others have one."""
    given = settings.predictions.columns.probabilities
    lacking = [label for label in spec.score_columns if label not in given]
    if given and lacking:
        what = f"no column has the probability of {', '.join(map(repr, lacking))}, so the others are not used"
        yield Problem("predictions.columns.probabilities", what, "name the column of every class")


def _unknown(settings: ModelSettings, baseline: Baseline) -> Iterator[Problem]:
    """Columns whose drift is configured and that the baseline has not."""
    known = [column.name for column in baseline.layout.columns]
    for name in settings.drift.columns if known else ():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            mend = f"did you mean {near[0]!r}?" if near else "name a column of the baseline"
            yield Problem(f"drift.columns.{name}", "the baseline has no such column", mend)


def _watched_yet_excluded(settings: ModelSettings, baseline: Baseline) -> Iterator[Problem]:
    """Excluded columns that a logged baseline has: which columns are watched was decided when it was made."""
    features = {column.name for column in baseline.layout.columns if column.role is Role.FEATURE}
    for name in settings.features.exclude:
        if name in features:
            what = f"{name!r} is in the baseline that was logged, so it is watched"
            mend = f"log a baseline without it: `mlflow-exporter baseline --exclude {shlex.quote(name)} …`"
            yield Problem("features.exclude", what, mend)


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
