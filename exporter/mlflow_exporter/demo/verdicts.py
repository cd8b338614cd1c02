"""What a running exporter says of the demo's models, read from its /metrics as Prometheus would."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


@dataclass(frozen=True, slots=True, order=True)
class Verdict:
    """Something found wrong with a model in a window: a drifted column, or a metric out of its bounds."""

    model: str
    window: str
    subject: str

    def __str__(self) -> str:
        return f"{self.model}, last {self.window}: {self.subject}"


def read_metrics(address: str) -> list[Sample]:
    """Every sample that the exporter at this address serves."""
    with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:  # noqa: S310 - the demo's own server
        text = answer.read().decode()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def verdicts(samples: list[Sample]) -> set[Verdict]:
    """All that is drifted, or out of bounds, now."""
    return {*_drift(samples), *_performance(samples)}


def _drift(samples: list[Sample]) -> Iterator[Verdict]:
    for sample in samples:
        if sample.name == "ml_drift_detected" and sample.value == 1:
            labels = sample.labels
            named = labels["role"] if labels["column"] == labels["role"] else f"{labels['role']} {labels['column']}"
            yield Verdict(labels["model"], labels["window"], f"{named} has drifted")


def _performance(samples: list[Sample]) -> Iterator[Verdict]:
    """Metrics whose whole 95% interval is out of bounds: a few labels prove nothing."""
    bounds = {
        (s.labels["model"], s.labels["metric"], s.labels["bound"]): s.value
        for s in samples
        if s.name == "ml_performance_threshold"
    }
    for sample in samples:
        if sample.name in _SIDES:
            side, words = _SIDES[sample.name]
            model, metric = sample.labels["model"], sample.labels["metric"]
            bound = bounds.get((model, metric, side))
            if bound is not None and (sample.value < bound if side == "min" else sample.value > bound):
                yield Verdict(model, sample.labels["window"], f"{metric} is {words} {bound:.3f}")


_SIDES = {"ml_performance_upper": ("min", "below"), "ml_performance_lower": ("max", "above")}
