from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlflow_exporter.demo.data import Splits
from mlflow_exporter.demo.subjects import FLIGHT_DELAY, FLIGHT_DURATION
from mlflow_exporter.demo.training import answered, scores, train
from mlflow_exporter.domain import Task


def test_the_models_are_worth_monitoring(splits: Splits) -> None:
    """Both models are far better than a constant, so that losing accuracy shows."""
    found: dict[str, float] = {}
    for subject in (FLIGHT_DELAY, FLIGHT_DURATION):
        pipeline = train(subject, splits.train)
        found |= scores(subject.task, answered(subject, pipeline, splits.reference))
    assert found["roc_auc"] > 0.8
    assert found["r2"] > 0.95


def test_answers_are_those_of_the_pipeline(splits: Splits) -> None:
    """The prediction is the class of the highest probability, and every flight keeps its features."""
    pipeline = train(FLIGHT_DELAY, splits.train)
    rows = answered(FLIGHT_DELAY, pipeline, splits.reference)
    pd.testing.assert_frame_equal(rows[FLIGHT_DELAY.features], splits.reference[FLIGHT_DELAY.features])
    assert (
        rows["prediction"] == np.where(rows["probability_late"] > rows["probability_on_time"], "late", "on_time")
    ).all()


def test_scores_leave_out_what_has_no_label() -> None:
    """Rows without an outcome do not count: two of the three labelled rows are right."""
    rows = pd.DataFrame({
        "prediction": ["late", "late", "on_time", "late"],
        "actual": ["late", "on_time", "on_time", None],
        "probability_late": [0.9, 0.8, 0.1, 0.7],
    })  # fmt: skip
    assert scores(Task.CLASSIFICATION, rows) == pytest.approx({"accuracy": 2 / 3, "f1": 2 / 3, "roc_auc": 1.0})


def test_errors_are_in_the_units_of_the_label() -> None:
    """Errors of 3 and 4 minutes have a mean of 3.5 and a root mean square of the root of 12.5."""
    rows = pd.DataFrame({"prediction": [103.0, 196.0], "actual": [100.0, 200.0]})
    found = scores(Task.REGRESSION, rows)
    assert found["mae"] == pytest.approx(3.5)
    assert found["rmse"] == pytest.approx(12.5**0.5)
