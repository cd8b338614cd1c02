"""The instruments of one model version in its server: metrics, bins, log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from prometheus_client import REGISTRY, CollectorRegistry

from mlflow_exporter.instrument import families
from mlflow_exporter.instrument.bins import FeatureBins
from mlflow_exporter.instrument.call import Call
from mlflow_exporter.instrument.counting import BinCounts
from mlflow_exporter.instrument.decorating import decorate
from mlflow_exporter.instrument.faults import Faults
from mlflow_exporter.instrument.inputs import Inputs, read_inputs
from mlflow_exporter.instrument.log import PredictionLog
from mlflow_exporter.instrument.meters import Children, Meters
from mlflow_exporter.instrument.options import check_identity, check_kind
from mlflow_exporter.instrument.records import Batch
from mlflow_exporter.instrument.values import class_name

Function = TypeVar("Function", bound=Callable[..., Any])


class Monitor:
    """The instruments of one version of a model; safe to use from any thread, and after a fork.

    `log` keeps its predictions. `bins` counts its inputs in the bins of its baseline. `buckets` are the upper bounds
    of the latency histogram in seconds, one set for all models of a `registry`. `features` names the columns of inputs
    that have no names; by default those of `bins`. `classes` are those that the model predicts, in the order of its
    probabilities; others are counted as "other". Where they are not told, text, switches and whole numbers are taken
    for classes, up to fifty short ones, and anything else for a number.

    Raises TypeError for an option of another kind, ValueError for an empty name and where the registry has other
    latency buckets.
    """

    def __init__(  # noqa: PLR0913 -- a server's options, by name
        self,
        model: str,
        version: str | int,
        *,
        log: PredictionLog | None = None,
        bins: FeatureBins | None = None,
        buckets: Sequence[float] | None = None,
        features: Sequence[str] = (),
        classes: Sequence[Any] = (),
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        check_identity(model, version)
        check_kind("log", log, PredictionLog, f"PredictionLog({log!r})")
        check_kind("bins", bins, FeatureBins, f"FeatureBins.load({bins!r})")
        self.model, self.version, self.log = model, str(version), log
        key = self.model, self.version
        self._bound, self._key = families.bind(registry, buckets), key
        self._classes = tuple(map(class_name, classes))
        self._features = tuple(features) or (bins.names if bins is not None else ())
        self.faults = Faults("/".join(key), Children(self._bound, families.INSTRUMENT_ERRORS, key).count)
        self._meters = Meters(self._bound, key, self._classes, self.faults)
        self._bins = BinCounts(bins, self._bound, key, self.faults) if bins is not None else None

    def __call__(self, function: Function) -> Function:
        """The function with every call of it monitored; see `monitor`."""
        decorated: Function = decorate(self, function)
        return decorated

    def monitored(self, request_id: str | None = None) -> Call:
        """A context manager around one call of the model."""
        return Call(self, request_id)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Times the loading of the model; one that fails is not counted."""
        started = time.perf_counter()
        yield
        self._time(families.LOAD, started)

    @contextmanager
    def health_check(self) -> Iterator[None]:
        """Times a health check, also one that fails."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._time(families.HEALTH_CHECK, started)

    def begin(self) -> None:
        """Count a call that begins."""
        self.faults.attempt("metrics", self._meters.began)

    def take(self, given: Any) -> Inputs | None:
        """The rows that the model is given, counted in the bins, and copied where they are to be logged."""
        return self.faults.attempt("inputs", self._take, given)

    def end(self, call: Call, seconds: float, *, is_answered: bool) -> None:
        """Count a call that has ended after `seconds`, and log it where it was answered."""
        self.faults.attempt("metrics", self._meters.called, seconds, call.failure)
        if is_answered and call.failure is None:
            self.faults.attempt("outputs", self._answered, call, seconds)

    def _take(self, given: Any) -> Inputs:
        inputs = read_inputs(given, self._features)
        if self._bins is not None:
            self.faults.attempt("bins", self._bins.count, inputs)
        return inputs.copied() if self.log is not None else inputs

    def _answered(self, call: Call, seconds: float) -> None:
        outputs, inputs = call.answers(self._classes), call.taken
        rows = inputs.rows if inputs is not None else outputs.rows if outputs is not None else 1
        self.faults.attempt("metrics", self._meters.answered, rows, outputs)
        if self.log is not None and outputs is not None:
            batch = Batch(
                *self._key, call.request_id, call.ids, time.time(), seconds, inputs, outputs, self._meters.dropped.inc
            )
            self.faults.attempt("log", self.log.put, batch)

    def _time(self, family: families.Family, started: float) -> None:
        seconds = time.perf_counter() - started
        self.faults.attempt("metrics", lambda: self._bound.child(family, *self._key).set(seconds))
