"""How a model is, at a glance."""

from __future__ import annotations

from dataclasses import replace

from mlflow_exporter.domain import Measurement
from mlflow_exporter.results import Bound, DatasetDrift, Evaluation, PredictionStatistics
from mlflow_exporter.web.lights import DRIFTED, FAILING, OUT_OF_BOUNDS, WAITING, WELL, lights, out_of_bounds


def test_everything_that_is_wrong_is_said_the_gravest_first(churn: Evaluation) -> None:
    """A model can fail, be out of bounds and have drifted at once."""
    assert lights(replace(churn, success=False)) == (FAILING, OUT_OF_BOUNDS, DRIFTED)
    assert lights(churn) == (OUT_OF_BOUNDS, DRIFTED)


def test_rows_that_drift_as_a_whole_are_a_drift(churn: Evaluation) -> None:
    """A model has drifted where no column has, but what columns do together."""
    calm = replace(churn.windows[2], dataset_drift=(DatasetDrift("pca_reconstruction", 0.1, 0.05),))
    assert lights(replace(churn, windows=(calm,))) == (DRIFTED,)


def test_a_calm_model_is_well(churn: Evaluation) -> None:
    """Rows and nothing wrong with them."""
    assert lights(replace(churn, windows=churn.windows[2:])) == (WELL,)


def test_a_model_without_rows_waits(churn: Evaluation) -> None:
    """Neither a model that was not evaluated nor one without data is called well."""
    assert lights(None) == (WAITING,)
    assert lights(replace(churn, windows=())) == (WAITING,)


def test_what_may_be_noise_is_no_verdict(churn: Evaluation) -> None:
    """A metric below its bound is out of bounds only where its whole interval is, as in the alert."""
    found = Measurement("accuracy", 0.81, 0.79, 0.83), Measurement("roc_auc", 0.84, 0.83, 0.849)
    assert churn.description is not None
    broken = out_of_bounds(replace(churn.windows[2], performance=found), churn.description.bounds)
    assert [bound.metric for bound in broken] == ["roc_auc"]


def test_predictions_may_be_out_of_bounds_too(churn: Evaluation) -> None:
    """A bound of a prediction statistic is compared with it, and one without a value is not broken."""
    window = replace(churn.windows[2], predictions=PredictionStatistics(confidence_mean=0.5))
    bounds = (
        Bound("confidence_mean", 0.6, is_minimum=True, origin="min"),
        Bound("dominant_class_ratio", 0.8, is_minimum=False, origin="max"),
    )
    assert out_of_bounds(window, bounds) == bounds[:1]
