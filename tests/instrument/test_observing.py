from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from mlflow_exporter.instrument.observing import Observer, adder

BOUNDS = (0.1, 0.5, 0.9)
NUMBERS = st.one_of(st.sampled_from(BOUNDS), st.floats(-2, 2), st.just(math.inf))


def samples(
    values: list[float], observing: Callable[[Histogram], Callable[[float], None]]
) -> dict[tuple[str, str], float]:
    """Of a histogram whose values are observed one by one, by what `observing` makes for it."""
    histogram = Histogram("h", "h", buckets=BOUNDS, registry=CollectorRegistry())
    observe = observing(histogram)
    for value in values:
        observe(value)
    return samples_of(histogram)


def samples_at_once(values: list[float]) -> dict[tuple[str, str], float]:
    histogram = Histogram("h", "h", buckets=BOUNDS, registry=CollectorRegistry())
    Observer(histogram).observe_many(values)
    return samples_of(histogram)


def samples_of(histogram: Histogram) -> dict[tuple[str, str], float]:
    (metric,) = histogram.collect()
    return {(s.name, s.labels.get("le", "")): s.value for s in metric.samples if s.name != "h_created"}


@settings(deadline=None)
@given(st.lists(NUMBERS, max_size=30))
def test_values_are_observed_as_the_client_does(values: list[float]) -> None:
    """One by one or all at once: every bucket, the count and the sum; bounds are in the bucket below them."""
    expected = samples(values, lambda histogram: histogram.observe)
    one_by_one = samples(values, lambda histogram: Observer(histogram).observe)
    at_once = samples_at_once(values)
    assert one_by_one == expected
    assert at_once.keys() == expected.keys()
    assert all(math.isclose(at_once[key], count, abs_tol=1e-9) for key, count in expected.items())


def test_numbers_of_less_precision_leave_the_sum_its_own() -> None:
    """Added to one of 32 bits, the sum of a busy server would stop to grow."""
    values = [2.0**24, *5 * [1.0]]
    low: list[Any] = [np.float32(value) for value in values]
    for found in (samples(low, lambda histogram: Observer(histogram).observe), samples_at_once(low)):
        assert found["h_sum", ""] == 2**24 + 5


def test_what_is_no_number_is_left_out() -> None:
    """A NaN would make the sum NaN for ever."""
    found = samples_at_once([math.nan] * 10 + [0.4] * 10)
    assert (found["h_count", ""], round(found["h_sum", ""], 9)) == (10, 4.0)


@pytest.mark.parametrize("kind", (Counter, Gauge))
def test_an_amount_is_added_as_the_client_does(kind: type[Counter | Gauge]) -> None:
    """To the value with these labels, and to no other."""
    registry = CollectorRegistry()
    metric = kind("some_total", "some", ["of"], registry=registry)
    metric.labels("a").inc(2)
    adder(metric.labels("a"))(3)
    adder(metric.labels("b"))(4)
    assert [registry.get_sample_value("some_total", {"of": of}) for of in "ab"] == [5, 4]
