"""From the configured thresholds and the baseline's performance to the bounds that a metric must stay within."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mlflow_exporter.config.analysis import Threshold
from mlflow_exporter.config.names import Metric
from mlflow_exporter.domain import Measurement, Problem
from mlflow_exporter.results import Bound

LARGER_IS_BETTER = frozenset(
    {"accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc", "average_precision"}
    | {"matthews_corrcoef", "r2"}
)
SMALLER_IS_BETTER = frozenset({"log_loss", "brier_score", "calibration_error", "rmse", "mae", "mape", "max_error"})


def bounds(
    thresholds: Mapping[Metric, Threshold], baseline: Sequence[Measurement]
) -> tuple[tuple[Bound, ...], tuple[Problem, ...]]:
    """The bounds by metric name, and a problem for each that cannot be had.

    `max_drop` is how much worse than on the baseline a metric may be, in its own unit: a minimum below the baseline's
    value where larger is better, else a maximum above it. Of two bounds in the same direction the stricter one holds.
    """
    values = {measured.name: measured.value for measured in baseline}
    found: list[Bound] = []
    problems: list[Problem] = []
    for metric, threshold in thresholds.items():
        candidates = list(_absolute(metric, threshold))
        if threshold.max_drop is not None:
            relative = _relative(metric, threshold.max_drop, values.get(metric))
            if isinstance(relative, Bound):
                candidates.append(relative)
            else:
                problems.append(relative)
        found += _strictest(candidates)
    return tuple(found), tuple(problems)


def _absolute(metric: str, threshold: Threshold) -> Iterator[Bound]:
    if threshold.min is not None:
        yield Bound(metric, threshold.min, True, "min")
    if threshold.max is not None:
        yield Bound(metric, threshold.max, False, "max")


def _relative(metric: str, drop: float, baseline: float | None) -> Bound | Problem:
    where = f"performance.thresholds.{metric}.max_drop"
    if metric not in LARGER_IS_BETTER | SMALLER_IS_BETTER:
        return Problem(where, "the metric is neither better when larger nor when smaller", "use min and max")
    if baseline is None:
        return Problem(
            where, "the metric is not known on the baseline", "give a baseline with labels, or use min or max"
        )
    if metric in LARGER_IS_BETTER:
        return Bound(metric, baseline - drop, True, "max_drop")
    return Bound(metric, baseline + drop, False, "max_drop")


def _strictest(candidates: Sequence[Bound]) -> Iterator[Bound]:
    minima = [bound for bound in candidates if bound.is_minimum]
    maxima = [bound for bound in candidates if not bound.is_minimum]
    if minima:
        yield max(minima, key=lambda bound: bound.value)
    if maxima:
        yield min(maxima, key=lambda bound: bound.value)
