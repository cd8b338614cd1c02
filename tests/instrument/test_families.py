from __future__ import annotations

import re

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from mlflow_exporter.instrument import families
from mlflow_exporter.instrument.families import FAMILIES, Family, bind


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_is_named_as_prometheus_wants_it(family: Family) -> None:
    """Names carry the prefix, counters end in _total, every family tells model and version, help is a sentence."""
    assert re.fullmatch(r"ml_[a-z_]+", family.name)
    assert family.name.endswith("_total") == (family.type == "counter")
    assert family.labels[:2] == ("model", "version")
    assert re.fullmatch(r"[A-Z][^\n]{15,120}\.", family.help)
    assert bool(family.buckets) == (family.type == "histogram")


def test_the_contract_of_the_serving_families() -> None:
    """Dashboards and rules are built on these names and labels."""
    own = {family.name: family.labels[2:] for family in FAMILIES}
    assert own == {
        "ml_prediction_latency_seconds": (),
        "ml_predictions_total": (),
        "ml_prediction_errors_total": ("exception",),
        "ml_prediction_batch_size": (),
        "ml_predictions_in_progress": (),
        "ml_predicted_class_total": ("class",),
        "ml_prediction_confidence": (),
        "ml_feature_bin_total": ("column", "bin"),
        "ml_feature_bin_baseline_ratio": ("column", "bin"),
        "ml_model_load_seconds": (),
        "ml_health_check_seconds": (),
        "ml_prediction_log_dropped_total": (),
        "ml_instrument_errors_total": ("stage",),
    }


def test_latency_has_the_bounds_of_usual_objectives() -> None:
    """Half a second and five are bounds, and a millisecond and ten seconds lie inside."""
    assert {0.5, 5} < set(families.LATENCY_BUCKETS)
    assert families.LATENCY_BUCKETS[0] <= 0.001
    assert families.LATENCY_BUCKETS[-1] >= 10


def test_a_registry_has_each_family_once(registry: CollectorRegistry) -> None:
    """Whoever binds a registry gets the same metrics, all of them exposed."""
    assert bind(registry) is bind(registry)
    text = generate_latest(registry).decode()
    assert all(text.count(f"# HELP {family.name} ") == 1 for family in FAMILIES)


def test_one_registry_has_one_set_of_latency_buckets(registry: CollectorRegistry) -> None:
    """A second set is refused, since a family's histograms could not be added up."""
    bind(registry, (0.1, 1))
    bind(registry)
    with pytest.raises(ValueError, match="latency buckets"):
        bind(registry, (0.2, 1))
