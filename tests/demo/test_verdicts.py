from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from mlflow_exporter.demo.verdicts import verdicts

TEXT = """
ml_drift_detected{model="m",version="1",window="1h",column="age",role="feature"} 1
ml_drift_detected{model="m",version="1",window="1h",column="kids",role="feature"} 0
ml_drift_detected{model="m",version="1",window="1h",column="prediction",role="prediction"} 1
ml_performance_upper{model="m",version="1",window="1h",metric="accuracy"} 0.6
ml_performance_upper{model="m",version="1",window="24h",metric="accuracy"} 0.8
ml_performance_lower{model="m",version="1",window="24h",metric="accuracy"} 0.6
ml_performance_lower{model="m",version="1",window="1h",metric="rmse"} 3
ml_performance_upper{model="m",version="1",window="1h",metric="f1"} 0.1
ml_performance_threshold{model="m",version="1",metric="accuracy",bound="min"} 0.7
ml_performance_threshold{model="m",version="1",metric="rmse",bound="max"} 2
"""


def samples() -> list[Sample]:
    """The samples of TEXT."""
    return [sample for family in text_string_to_metric_families(TEXT) for sample in family.samples]


def test_verdicts_are_what_drifted_or_is_out_of_bounds() -> None:
    """Scores below their threshold, metrics in bounds and metrics without bounds are no verdicts."""
    assert {str(verdict) for verdict in verdicts(samples())} == {
        "m, last 1h: feature age has drifted",
        "m, last 1h: prediction has drifted",
        "m, last 1h: accuracy is below 0.700",
        "m, last 1h: rmse is above 2.000",
    }


def test_no_samples_no_verdicts() -> None:
    """An exporter that has evaluated nothing yet has found nothing."""
    assert verdicts([]) == set()
