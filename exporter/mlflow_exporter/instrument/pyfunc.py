"""A model of MLflow's pyfunc flavor, monitored."""

from __future__ import annotations

from typing import Any, Unpack

from mlflow_exporter.instrument.monitoring import Monitor
from mlflow_exporter.instrument.monitors import Options, shared


class MonitoredModel:
    """A model whose `predict` is monitored; everything else of it is as it was, `metadata` included."""

    def __init__(self, model: Any, watch: Monitor) -> None:
        self._model, self.monitor = model, watch

    def predict(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """What the model predicts for the data."""
        with self.monitor.monitored() as call:
            call.inputs(data)
            answer = self._model.predict(data, *args, **kwargs)
            call.outputs(answer)
            return answer

    def __getattr__(self, name: str) -> Any:
        if name == "_model":  # asked of a copy that is being made
            raise AttributeError(name)
        return getattr(self._model, name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._model!r})"


def monitor_pyfunc(pyfunc_model: Any, *, model: str, version: str | int, **options: Unpack[Options]) -> MonitoredModel:
    """The model, monitored; the options are those of Monitor."""
    return MonitoredModel(pyfunc_model, shared(model, version, **options))
