"""The two ways to monitor a function or a block without keeping a Monitor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Never, TypedDict, TypeVar, Unpack

from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument.bins import FeatureBins
from mlflow_exporter.instrument.call import Call
from mlflow_exporter.instrument.decorating import decorate
from mlflow_exporter.instrument.forks import ForkLock
from mlflow_exporter.instrument.log import PredictionLog
from mlflow_exporter.instrument.monitoring import Monitor
from mlflow_exporter.instrument.options import check_callable, check_names


class Options(TypedDict, total=False):
    """The options of Monitor."""

    log: PredictionLog | None
    bins: FeatureBins | None
    buckets: Sequence[float] | None
    features: Sequence[str]
    classes: Sequence[Any]
    registry: CollectorRegistry


Function = TypeVar("Function", bound=Callable[..., Any])


def monitor(
    *bare: Never,
    model: str,
    version: str | int,
    inputs: Callable[..., Any] | None = None,
    outputs: Callable[[Any], Any] | None = None,
    **options: Unpack[Options],
) -> Callable[[Function], Function]:
    """Monitor every call of a predict function, sync or async, of a generator, or of a method.

    `inputs` is called with the function's arguments and gives what of them the model is given, `outputs` with its
    result and gives what of it is the answer; by default all of both. The other options are those of Monitor. Raises
    TypeError or ValueError where they are wrong, when the function is decorated.

    >>> @monitor(model="doubled", version=1)
    ... def predict(row):
    ...     return row["x"] * 2
    >>> predict({"x": 21})
    42
    """
    if bare:
        raise TypeError("monitor takes options by name only: write @monitor(model='churn', version=3)")
    check_callable("inputs", inputs)
    check_callable("outputs", outputs)
    watch = shared(model, version, **options)

    def decorator(function: Function) -> Function:
        decorated: Function = decorate(watch, function, inputs, outputs)
        return decorated

    return decorator


def monitored(*, model: str, version: str | int, request_id: str | None = None, **options: Unpack[Options]) -> Call:
    """A context manager around one call of a model; the options are those of Monitor.

    >>> with monitored(model="doubled", version=1) as call:
    ...     call.inputs({"x": 21})
    ...     call.outputs(42)
    """
    return shared(model, version, **options).monitored(request_id)


_monitors: dict[Any, Monitor] = {}
_lock = ForkLock()


def shared(model: str, version: str | int, **options: Unpack[Options]) -> Monitor:
    """The monitor with these options, made once.

    Raises TypeError for an option that does not exist, TypeError and ValueError as Monitor does.
    """
    key = (model, str(version), *((name, _hashable(value)) for name, value in sorted(options.items())))
    found = _monitors.get(key)
    if found is None:
        with _lock.held():
            if key not in _monitors:
                check_names(options, Options.__annotations__)
                _monitors[key] = Monitor(model, version, **options)
            return _monitors[key]
    return found


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
