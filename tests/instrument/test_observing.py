from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from mlflow_exporter.instrument.observing import observe_many

BOUNDS = (0.1, 0.5, 0.9)
NUMBERS = st.one_of(st.sampled_from(BOUNDS), st.floats(-2, 2), st.just(math.inf))


def samples(values: list[float], *, at_once: bool) -> dict[tuple[str, str], float]:
    histogram = Histogram("h", "h", buckets=BOUNDS, registry=CollectorRegistry())
    if at_once:
        observe_many(histogram, values)
    else:
        for value in values:
            histogram.observe(value)
    (metric,) = histogram.collect()
    return {(s.name, s.labels.get("le", "")): s.value for s in metric.samples if s.name != "h_created"}


@settings(deadline=None)
@given(st.lists(NUMBERS, max_size=30))
def test_many_at_once_are_the_same_as_one_by_one(values: list[float]) -> None:
    """Every bucket, the count and the sum; bounds are in the bucket below them."""
    one_by_one, at_once = samples(values, at_once=False), samples(values, at_once=True)
    assert one_by_one.keys() == at_once.keys()
    assert all(math.isclose(at_once[key], count, abs_tol=1e-9) for key, count in one_by_one.items())


def test_what_is_no_number_is_left_out() -> None:
    """A NaN would make the sum NaN for ever."""
    found = samples([math.nan] * 10 + [0.4] * 10, at_once=True)
    assert (found["h_count", ""], round(found["h_sum", ""], 9)) == (10, 4.0)
