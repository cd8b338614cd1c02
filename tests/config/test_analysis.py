from __future__ import annotations

from typing import get_args, get_type_hints

import pytest
from pydantic import ValidationError

from mlflow_exporter.config.analysis import ConfidenceSettings, DriftSettings, Limits, PerformanceSettings, Threshold
from mlflow_exporter.config.names import CLASSIFICATION_METRICS, REGRESSION_METRICS
from mlflow_exporter.results import Bound


def test_the_deciding_tests_are_ks_and_jensen_shannon() -> None:
    """The first test of each list decides."""
    tests = DriftSettings().tests
    assert (tests.numeric[0], tests.categorical[0]) == ("ks", "jensen_shannon")


def test_confidence_has_the_bounds_that_alerts_need() -> None:
    """By default mean confidence under 0.6, low confidence over 0.3 and a dominant class over 0.8 are out of bounds."""
    bounds = ConfidenceSettings()
    assert (bounds.low, bounds.min_mean) == (0.6, 0.6)
    assert (bounds.max_low_ratio, bounds.max_dominant_class_ratio) == (0.3, 0.8)


@pytest.mark.parametrize("metric", sorted(CLASSIFICATION_METRICS | REGRESSION_METRICS))
def test_every_metric_can_be_bounded(metric: str) -> None:
    """All performance metrics take thresholds."""
    settings = PerformanceSettings.model_validate({"thresholds": {metric: Threshold(min=0.5)}})
    assert settings.thresholds[metric].min == 0.5  # type: ignore[index]


def test_a_threshold_has_the_origins_that_a_bound_tells() -> None:
    """The keys of a threshold are the origins that results name."""
    assert set(Threshold.model_fields) == {"min", "max", "max_drop"}
    assert all(f"`{key}`" in str(Bound.__doc__) for key in Threshold.model_fields)


@pytest.mark.parametrize("limit", sorted(Limits.model_fields))
def test_a_limit_is_at_least_one(limit: str) -> None:
    """No limit can be switched off by 0."""
    assert get_type_hints(Limits)[limit] is int
    assert get_args(get_type_hints(Limits, include_extras=True)[limit])
    with pytest.raises(ValidationError):
        Limits.model_validate({limit: 0})
