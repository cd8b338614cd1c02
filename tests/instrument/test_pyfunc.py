from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument import monitor_pyfunc


@pytest.fixture(scope="module")
def pyfunc_model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A model of MLflow's, saved and loaded."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    import mlflow.sklearn  # noqa: PLC0415 -- after scikit-learn is known to be there

    frame = pd.DataFrame({"age": [20.0, 30.0, 50.0, 60.0]})
    classifier = linear_model.LogisticRegression().fit(frame, ["no", "no", "yes", "yes"])
    path = tmp_path_factory.mktemp("model") / "model"
    mlflow.sklearn.save_model(
        classifier, path, signature=infer_signature(frame, ["no"]), serialization_format="cloudpickle"
    )
    return mlflow.pyfunc.load_model(str(path))


def test_a_model_of_mlflow_is_monitored(
    pyfunc_model: Any, registry: CollectorRegistry, value: Callable[..., float]
) -> None:
    """Its answers are its own, and are counted."""
    model = monitor_pyfunc(pyfunc_model, model="churn", version=3, registry=registry)
    frame = pd.DataFrame({"age": [25.0, 55.0]})
    assert np.array_equal(model.predict(frame), pyfunc_model.predict(frame))
    assert value("ml_predicted_class_total", class_="yes") == 1
    assert value("ml_prediction_batch_size_sum") == 2


def test_everything_else_is_the_models(pyfunc_model: Any, registry: CollectorRegistry) -> None:
    """Metadata and the model inside are reached as before."""
    model = monitor_pyfunc(pyfunc_model, model="churn", version=3, registry=registry)
    assert model.metadata is pyfunc_model.metadata
    assert model.metadata.get_input_schema().input_names() == ["age"]
    assert repr(pyfunc_model) in repr(model)


def test_what_mlflow_refuses_is_an_error(
    pyfunc_model: Any, registry: CollectorRegistry, value: Callable[..., float]
) -> None:
    """The schema's exception goes to the caller, and is counted by its class."""
    model = monitor_pyfunc(pyfunc_model, model="churn", version=3, registry=registry)
    with pytest.raises(mlflow.exceptions.MlflowException):
        model.predict(pd.DataFrame({"wrong": [1.0]}))
    assert value("ml_prediction_errors_total", exception="MlflowException") == 1


def test_a_missing_attribute_is_the_models(registry: CollectorRegistry) -> None:
    """The error names what is missing, and does not recurse."""
    model = monitor_pyfunc(Path("x"), model="churn", version=3, registry=registry)
    with pytest.raises(AttributeError, match="nothing"):
        _ = model.nothing


def test_a_copy_is_monitored_by_the_same_monitor(registry: CollectorRegistry) -> None:
    """Frameworks copy what they serve."""
    model = monitor_pyfunc(Path("x"), model="churn", version=3, registry=registry)
    assert copy.copy(model).monitor is model.monitor
    assert copy.copy(model).name == "x"
