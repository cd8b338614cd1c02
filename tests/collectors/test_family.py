"""Families as declared, and as prometheus_client has them."""

from __future__ import annotations

import pytest

from mlflow_exporter.collectors.family import Family


@pytest.mark.parametrize(
    ("family", "name", "type_"),
    (
        (Family("ml_a", "A.", ("x",)), "ml_a", "gauge"),
        (Family("ml_a_total", "A.", ("x",), "counter"), "ml_a", "counter"),
        (Family("ml_a_info", "A.", ("x",), "info"), "ml_a", "info"),
        (Family("ml_a", "A.", ("x",), "unknown"), "ml_a", "unknown"),
    ),
)
def test_the_sample_has_the_name_of_the_family(family: Family, name: str, type_: str) -> None:
    """Whatever suffix the client adds, the name on /metrics is the declared one."""
    metric = family.metric([(("v",), 1.0)])
    assert (metric.name, metric.type) == (name, type_)
    assert [(sample.name, sample.labels, sample.value) for sample in metric.samples] == [(family.name, {"x": "v"}, 1.0)]


def test_a_family_without_samples_is_only_a_header() -> None:
    """Families can be made before anything is known."""
    assert Family("ml_a", "A.").metric().samples == []
