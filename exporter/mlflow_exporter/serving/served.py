"""A model version in memory: MLflow enforces its signature, and its predictions are instrumented."""

from __future__ import annotations

import inspect
from typing import Any

from mlflow.pyfunc import PyFuncModel
from mlflow.types import Schema

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import PredictionFailed
from mlflow_exporter.instrument import Monitor
from mlflow_exporter.serving.probabilities import Classifier, Scored


class ServedModel:
    """A loaded version; safe to use from many threads, as far as the model is."""

    def __init__(self, key: ModelKey, pyfunc: PyFuncModel, classifier: Classifier | None, monitor: Monitor) -> None:
        self.key = key
        self.metadata = pyfunc.metadata
        self.input_schema: Schema | None = pyfunc.metadata.get_input_schema()  # type: ignore[no-untyped-call]
        self.params_schema = pyfunc.metadata.get_params_schema()  # type: ignore[no-untyped-call]
        implementation = _Implementation(pyfunc, classifier)
        self._rehearsal = _around(pyfunc, implementation)
        self._pyfunc = _around(pyfunc, _Monitored(key, implementation, monitor))

    def predict(self, rows: Any, params: dict[str, Any] | None = None) -> Any:
        """What the model answers; the prediction is counted, and logged under the id of the request at hand.

        Raises MlflowException where the input does not fit the signature, PredictionFailed where the model fails.
        """
        return self._pyfunc.predict(rows, params=params)

    def rehearse(self, rows: Any) -> None:
        """Predict as for a request, uncounted and not logged; raises what the model raises."""
        self._rehearsal.predict(rows)


def _around(pyfunc: PyFuncModel, implementation: Any) -> PyFuncModel:
    """The pyfunc with another implementation: enforcement of the signature stays MLflow's."""
    made = PyFuncModel(model_meta=pyfunc.metadata, model_impl=implementation, model_id=pyfunc.model_id)
    made.input_example = pyfunc.input_example
    return made


class _Implementation:
    """What a pyfunc calls with input that fits."""

    def __init__(self, pyfunc: PyFuncModel, classifier: Classifier | None) -> None:
        name = pyfunc.metadata.flavors["python_function"].get("predict_fn", "predict")
        self._predict = getattr(pyfunc._model_impl, name)  # noqa: SLF001 -- "a stable developer API", MLflow says
        declared = inspect.signature(self._predict).parameters.get("params")
        self._takes_params = declared is not None and declared.kind is not inspect.Parameter.VAR_KEYWORD
        self._classifier = classifier

    def predict(self, rows: Any, params: dict[str, Any] | None = None) -> Any:
        return self.score(rows, params).answer

    def score(self, rows: Any, params: dict[str, Any] | None) -> Scored:
        if self._classifier is not None:
            return self._classifier.score(rows)
        return Scored(self._predict(rows, params=params) if self._takes_params else self._predict(rows))


class _Monitored:
    """The same, counted and logged."""

    def __init__(self, key: ModelKey, model: _Implementation, monitor: Monitor) -> None:
        self._key, self._model, self._monitor = key, model, monitor

    def predict(self, rows: Any, params: dict[str, Any] | None = None) -> Any:
        try:
            with self._monitor.monitored() as call:
                call.inputs(rows)
                scored = self._model.score(rows, params)
                call.outputs(scored.answer, probabilities=scored.probabilities)
        except Exception as error:
            raise PredictionFailed(type(error).__name__, where=f"model {self._key}") from error
        return scored.answer
