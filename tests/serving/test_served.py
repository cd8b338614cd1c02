from __future__ import annotations

import mlflow.pyfunc
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from prometheus_client import REGISTRY

from mlflow_exporter.errors import PredictionFailed
from mlflow_exporter.serving.copies import Copy
from mlflow_exporter.serving.served import ServedModel

ROWS = pd.DataFrame(
    {"age": [20.0, 44.0], "income": [1000.0, 900.0], "visits": [3, 1], "region": ["north", "south"], "extra": [1, 2]}
)


def sample(name: str, model: ServedModel, **labels: str) -> float:
    """A sample of the model's, 0 where there is none."""
    return REGISTRY.get_sample_value(name, {"model": model.key.name, "version": model.key.version, **labels}) or 0.0


def test_the_answer_is_that_of_the_pyfunc(churn: Copy, churn_model: ServedModel) -> None:
    """Scoring with probabilities changes nothing in the answer, and extra columns are ignored as ever."""
    expected = mlflow.pyfunc.load_model(str(churn.folder)).predict(ROWS)
    assert list(churn_model.predict(ROWS)) == list(expected)


def test_predictions_are_counted_with_their_confidence(churn_model: ServedModel) -> None:
    """A call, its classes and their probabilities are counted under the model's name and version."""
    before = [sample(name, churn_model) for name in ("ml_predictions_total", "ml_prediction_confidence_count")]
    yes = sample("ml_predicted_class_total", churn_model, **{"class": "yes"})
    churn_model.predict(ROWS)
    after = [sample(name, churn_model) for name in ("ml_predictions_total", "ml_prediction_confidence_count")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 2]
    assert sample("ml_predicted_class_total", churn_model, **{"class": "yes"}) == yes + 1


def test_parameters_reach_the_model(doubler_model: ServedModel) -> None:
    """Parameters of the signature are passed, with their defaults."""
    frame = pd.DataFrame({"x": [2.0]})
    assert list(doubler_model.predict(frame)) == [4.0]
    assert list(doubler_model.predict(frame, {"factor": 3})) == [6.0]


def test_a_failure_is_the_models(doubler_model: ServedModel) -> None:
    """What a model raises for input that fits is told apart from input that does not, and counted by its class."""
    before = sample("ml_prediction_errors_total", doubler_model, exception="RuntimeError")
    with pytest.raises(PredictionFailed, match=r"^model doubler/\d+: RuntimeError$"):
        doubler_model.predict(pd.DataFrame({"x": [-1.0]}))
    assert sample("ml_prediction_errors_total", doubler_model, exception="RuntimeError") == before + 1
    with pytest.raises(MlflowException, match="Failed to enforce schema"):
        doubler_model.predict(pd.DataFrame({"y": [1.0]}))
    assert sample("ml_prediction_errors_total", doubler_model, exception="MlflowException") == 0


def test_a_rehearsal_is_not_counted(doubler_model: ServedModel) -> None:
    """Trying a model leaves no trace in its metrics."""
    before = sample("ml_predictions_total", doubler_model)
    doubler_model.rehearse(pd.DataFrame({"x": [1.0]}))
    assert sample("ml_predictions_total", doubler_model) == before
