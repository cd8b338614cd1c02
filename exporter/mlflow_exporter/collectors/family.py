"""What a collector is made of: families declared once, samples, and the function that makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, Literal, NamedTuple, TypeVar

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    UnknownMetricFamily,
)

Subject = TypeVar("Subject")


class Importance(IntEnum):
    """What is kept first when a model has more series than its limit."""

    VERDICT = 0
    EVIDENCE = 1
    CONTEXT = 2
    DETAIL = 3


@dataclass(frozen=True, slots=True)
class Family:
    """A metric family: its name as it stands on /metrics, help text, label names and type.

    Families of quantiles are `unknown`: gauges may not have the label `quantile` (promtool), and a summary's quantiles
    may not be negative (OpenMetrics 1.0), as a column's may.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    type: Literal["gauge", "counter", "info", "unknown"] = "gauge"
    importance: Importance = Importance.CONTEXT

    def sample(self, labels: Iterable[str], value: float | None) -> Sample:
        """A sample of this family; one without a value is left out of the exposition."""
        return Sample(self, tuple(labels), value)

    def metric(self, points: Iterable[tuple[tuple[str, ...], float]] = ()) -> Metric:
        """The family as prometheus_client has it, with one sample for each (label values, value)."""
        if self.type == "info":
            info = InfoMetricFamily(self.name.removesuffix("_info"), self.help)
            for values, _ in points:
                info.add_metric([], dict(zip(self.labels, values, strict=True)))
            return info
        family = _CLASSES[self.type](self.name, self.help, labels=self.labels)
        for values, value in points:
            family.add_metric(values, value)
        return family


class Sample(NamedTuple):
    """A value of a family at its label values, in the order of the family's label names."""

    family: Family
    labels: tuple[str, ...]
    value: float | None


@dataclass(frozen=True, slots=True)
class Collector(Generic[Subject]):
    """Turns a subject into samples of its families; `optional` ones only where they are asked for by name."""

    name: str
    subject: type[Subject]
    families: tuple[Family, ...]
    collect: Callable[[Subject], Iterator[Sample]]
    optional: bool = False


_CLASSES: Mapping[str, type[CounterMetricFamily | GaugeMetricFamily | UnknownMetricFamily]] = {
    "gauge": GaugeMetricFamily,
    "counter": CounterMetricFamily,
    "unknown": UnknownMetricFamily,
}
