"""How a model is, at a glance."""

from __future__ import annotations

from dataclasses import replace

from mlflow_exporter.results import Bound, Evaluation, PredictionStatistics
from mlflow_exporter.web.lights import DRIFTED, FAILING, OUT_OF_BOUNDS, WAITING, WELL, lights, out_of_bounds


def test_everything_that_is_wrong_is_said_the_gravest_first(churn: Evaluation) -> None:
    """A model can fail, be out of bounds and have drifted at once."""
    assert lights(replace(churn, success=False)) == (FAILING, OUT_OF_BOUNDS, DRIFTED)
    assert lights(churn) == (OUT_OF_BOUNDS, DRIFTED)


def test_a_calm_model_is_well(churn: Evaluation) -> None:
    """Rows and nothing wrong with them."""
    assert lights(replace(churn, windows=churn.windows[2:])) == (WELL,)


def test_a_model_without_rows_waits(churn: Evaluation) -> None:
    """Neither a model that was not evaluated nor one without data is called well."""
    assert lights(None) == (WAITING,)
    assert lights(replace(churn, windows=())) == (WAITING,)


def test_predictions_may_be_out_of_bounds_too(churn: Evaluation) -> None:
    """A bound of a prediction statistic is compared with it, and one without a value is not broken."""
    window = replace(churn.windows[2], predictions=PredictionStatistics(confidence_mean=0.5))
    bounds = (
        Bound("confidence_mean", 0.6, is_minimum=True, origin="min"),
        Bound("dominant_class_ratio", 0.8, is_minimum=False, origin="max"),
    )
    assert out_of_bounds(window, bounds) == bounds[:1]
