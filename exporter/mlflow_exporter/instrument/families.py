"""The metric families of a model server, declared as data, and bound to a registry of the Prometheus client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from mlflow_exporter.instrument.forks import ForkLock
from mlflow_exporter.instrument.postponing import Postponed

VERSION: Final = ("model", "version")
LATENCY_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

Mode: TypeAlias = Literal["all", "livesum", "livemax"]


@dataclass(frozen=True, slots=True)
class Family:
    """A family: its name as it stands on /metrics, help text, label names and type.

    `buckets` are a histogram's default upper bounds. `mode` says how a gauge of several processes becomes one.
    """

    name: str
    help: str
    labels: tuple[str, ...] = VERSION
    type: Literal["counter", "gauge", "histogram"] = "counter"
    buckets: tuple[float, ...] = ()
    mode: Mode = "all"

    def metric(self, registry: CollectorRegistry, buckets: Sequence[float] | None = None) -> Any:
        """The family as a metric of the Prometheus client, registered."""
        if self.type == "counter":
            return Counter(self.name, self.help, self.labels, registry=registry)
        if self.type == "gauge":
            return Gauge(self.name, self.help, self.labels, registry=registry, multiprocess_mode=self.mode)
        return Histogram(self.name, self.help, self.labels, registry=registry, buckets=buckets or self.buckets)


LATENCY: Final = Family(
    "ml_prediction_latency_seconds",
    "How long calls of the model took, failed ones included.",
    type="histogram",
    buckets=LATENCY_BUCKETS,
)
PREDICTIONS: Final = Family("ml_predictions_total", "Calls of the model, failed ones included, whatever their rows.")
ERRORS: Final = Family(
    "ml_prediction_errors_total", "Calls of the model that failed, by the exception's class.", (*VERSION, "exception")
)
BATCH_SIZE: Final = Family(
    "ml_prediction_batch_size",
    "Rows of each call that was answered.",
    type="histogram",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000),
)
IN_PROGRESS: Final = Family(
    "ml_predictions_in_progress", "Calls of the model that have not ended.", type="gauge", mode="livesum"
)
CLASSES: Final = Family("ml_predicted_class_total", "Rows for which a class was predicted.", (*VERSION, "class"))
CONFIDENCE: Final = Family(
    "ml_prediction_confidence",
    "Probability of the class predicted, of each row.",
    type="histogram",
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0),
)
BINS: Final = Family(
    "ml_feature_bin_total",
    "Rows whose value of a feature lies in a bin of the baseline.",
    (*VERSION, "column", "bin"),
)
BASELINE_BINS: Final = Family(
    "ml_feature_bin_baseline_ratio",
    "Share of the baseline's rows in each bin; the bins of a column add up to 1.",
    (*VERSION, "column", "bin"),
    type="gauge",
    mode="livemax",
)
LOAD: Final = Family(
    "ml_model_load_seconds", "How long the last loading of the model took.", type="gauge", mode="livemax"
)
HEALTH_CHECK: Final = Family(
    "ml_health_check_seconds", "How long the last health check took.", type="gauge", mode="livemax"
)
DROPPED: Final = Family(
    "ml_prediction_log_dropped_total", "Rows that the prediction log lost: its queue or the disk was full."
)
INSTRUMENT_ERRORS: Final = Family(
    "ml_instrument_errors_total",
    "Errors inside the instrument, by what it was doing; no prediction was changed by them.",
    (*VERSION, "stage"),
)

FAMILIES: Final = (
    *(LATENCY, PREDICTIONS, ERRORS, BATCH_SIZE, IN_PROGRESS, CLASSES, CONFIDENCE, BINS, BASELINE_BINS),
    *(LOAD, HEALTH_CHECK, DROPPED, INSTRUMENT_ERRORS),
)


class Bound:
    """The families as metrics of one registry, each by its declaration."""

    def __init__(self, registry: CollectorRegistry, buckets: Sequence[float]) -> None:
        self.buckets = tuple(buckets)
        # Registered before the families, and so asked before them.
        self._postponed = Postponed()
        registry.register(self._postponed)
        self._metrics = {family: family.metric(registry) for family in FAMILIES if family is not LATENCY}
        self._metrics[LATENCY] = LATENCY.metric(registry, self.buckets)

    def child(self, family: Family, *labels: str) -> Any:
        """The metric with these label values; 0 until it is changed."""
        return self._metrics[family].labels(*labels)

    def before_scrape(self, step: Callable[[], object]) -> None:
        """Do a step, which must not raise, once before the next scrape of the registry; see Postponed."""
        self._postponed.add(step)


_bound: WeakKeyDictionary[CollectorRegistry, Bound] = WeakKeyDictionary()
_lock = ForkLock()


def bind(registry: CollectorRegistry, buckets: Sequence[float] | None = None) -> Bound:
    """The families in a registry: registered by the first call, the same ones after that.

    `buckets` are the upper bounds of the latency histogram in seconds, one set for all models of a registry. Raises
    ValueError where another set is in use.
    """
    with _lock.held():
        if registry not in _bound:
            _bound[registry] = Bound(registry, buckets or LATENCY_BUCKETS)
        bound = _bound[registry]
    if buckets is not None and tuple(buckets) != bound.buckets:
        raise ValueError(f"the latency buckets of this registry are {bound.buckets}: give every model the same")
    return bound
