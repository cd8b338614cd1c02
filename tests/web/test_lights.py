"""How a model is, at a glance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from mlflow_exporter.domain import Measurement
from mlflow_exporter.results import Bound, DatasetDrift, Evaluation, PredictionStatistics
from mlflow_exporter.web.lights import (
    DRIFTED,
    ENOUGH_ROWS,
    FAILING,
    OUT_OF_BOUNDS,
    WAITING,
    WELL,
    answers,
    lights,
    out_of_bounds,
)


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


@pytest.mark.parametrize(("rows", "confidence", "broken"), ((4, 0.532, False), (99, 0.1, False), (100, 0.532, True)))
def test_few_rows_say_little_of_the_predictions(churn: Evaluation, rows: int, confidence: float, broken: bool) -> None:
    """With fewer rows than the alert asks for there is no verdict, however far out of bounds: it may be noise."""
    window = replace(churn.windows[2], rows=rows, predictions=PredictionStatistics(confidence_mean=confidence))
    bound = Bound("confidence_mean", 0.6, is_minimum=True, origin="min")
    assert bool(out_of_bounds(window, (bound,))) == broken
    assert bound.doubted_by(answers(window)[0]) == (not broken)
    assert lights(replace(churn, windows=(window,))) == ((OUT_OF_BOUNDS,) if broken else (WELL,))


def test_as_many_rows_are_enough_as_for_the_alerts() -> None:
    """The rules of the three statistics ask for as many rows."""
    loaded = yaml.safe_load((Path(__file__).parents[2] / "prometheus/rules/performance.yml").read_text())
    alerts = {rule["alert"]: rule["expr"] for group in loaded["groups"] for rule in group["rules"] if "alert" in rule}
    for name in ("LowConfidence", "LowConfidenceShare", "DominantClass"):
        assert alerts[name].endswith(f"(ml_window_rows) >= {ENOUGH_ROWS}")
