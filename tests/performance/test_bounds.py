from __future__ import annotations

import pytest

from mlflow_exporter.config.analysis import Threshold
from mlflow_exporter.config.names import CLASSIFICATION_METRICS, REGRESSION_METRICS, Metric
from mlflow_exporter.domain import Measurement, Problem
from mlflow_exporter.performance.bounds import LARGER_IS_BETTER, SMALLER_IS_BETTER, bounds
from mlflow_exporter.results import Bound

BASELINE = (Measurement("accuracy", 0.9), Measurement("rmse", 2.0), Measurement("mean_error", 0.1))


def one(metric: Metric, threshold: Threshold) -> tuple[Bound, ...]:
    found, problems = bounds({metric: threshold}, BASELINE)
    assert not problems
    return found


def test_drop_is_a_minimum_where_larger_is_better() -> None:
    """An accuracy may be lower than the baseline's by the drop."""
    (found,) = one("accuracy", Threshold(max_drop=0.05))
    assert found.value == pytest.approx(0.85)
    assert (found.is_minimum, found.origin) == (True, "max_drop")
    assert found.broken_by(Measurement(found.metric, 0.84))
    assert not found.broken_by(Measurement(found.metric, 0.86))


def test_drop_is_a_maximum_where_smaller_is_better() -> None:
    """An error may be higher than the baseline's by the drop."""
    assert one("rmse", Threshold(max_drop=0.5)) == (Bound("rmse", 2.5, False, "max_drop"),)


def test_absolute_bounds_need_no_baseline() -> None:
    """A minimum and a maximum stand as they are configured, both where both are."""
    found, problems = bounds({"mean_error": Threshold(min=-1, max=1), "r2": Threshold(min=0.5)}, ())
    assert not problems
    assert found == (
        Bound("mean_error", -1, True, "min"), Bound("mean_error", 1, False, "max"), Bound("r2", 0.5, True, "min"),
    )  # fmt: skip


@pytest.mark.parametrize(("minimum", "origin"), ((0.8, "max_drop"), (0.88, "min")))
def test_stricter_of_two_bounds_holds(minimum: float, origin: str) -> None:
    """Of a minimum and a drop from the baseline, the higher one is the bound."""
    (found,) = one("accuracy", Threshold(min=minimum, max_drop=0.05))
    assert found.origin == origin


def test_stricter_of_two_maxima_holds() -> None:
    """Of a maximum and a rise above the baseline, the lower one is the bound."""
    assert one("rmse", Threshold(max=2.2, max_drop=0.5)) == (Bound("rmse", 2.2, False, "max"),)


def test_drop_without_baseline_is_a_problem() -> None:
    """Where the baseline has no such metric there is no bound, and the reason and the remedy are told."""
    found, problems = bounds({"f1": Threshold(max_drop=0.1), "accuracy": Threshold(min=0.8)}, BASELINE)
    assert found == (Bound("accuracy", 0.8, True, "min"),)
    assert [str(problem) for problem in problems] == [
        (
            "performance.thresholds.f1.max_drop: the metric is not known on the baseline; "
            "give a baseline with labels, or use min or max"
        )
    ]


def test_drop_of_a_signed_metric_is_a_problem() -> None:
    """mean_error is best at 0, so that it cannot drop."""
    found, problems = bounds({"mean_error": Threshold(max_drop=0.1)}, BASELINE)
    assert found == ()
    assert problems == (
        Problem(
            "performance.thresholds.mean_error.max_drop",
            "the metric is neither better when larger nor when smaller",
            "use min and max",
        ),
    )


def test_every_configurable_metric_has_a_direction() -> None:
    """Each metric that the configuration knows is better one way, but the signed one."""
    known = CLASSIFICATION_METRICS | REGRESSION_METRICS
    assert known - (LARGER_IS_BETTER | SMALLER_IS_BETTER) == {"mean_error"}
    assert not LARGER_IS_BETTER & SMALLER_IS_BETTER
