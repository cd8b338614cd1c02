"""The status that the dashboards give a model, computed by promtool from made-up metrics."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

Json = dict[str, Any]

# Metrics of a version that is well, and what differs in others; a line is a metric, its labels, its value.
WELL = {"ml_model_info": 1, "ml_exporter_evaluation_success": 1, 'ml_window_rows{window="1h"}': 100}
DRIFTED: dict[str, float] = {'ml_drift_detected{window="1h",column="age",role="feature"}': 1}
BOUND = 'ml_performance_threshold{metric="%s",bound="%s"}'
VALUE = 'ml_performance%s{window="1h",metric="%s"}'
CASES: dict[str, tuple[dict[str, float], int]] = {
    "well": ({}, 0),
    "without rows": ({'ml_window_rows{window="1h"}': 0}, -1),
    "drifted": (DRIFTED, 1),
    "drifted in another window": ({'ml_drift_detected{window="7d",column="age",role="feature"}': 1}, 0),
    "drifted as a whole": (
        {
            'ml_dataset_drift_score{window="1h",test="domain_classifier"}': 0.9,
            'ml_dataset_drift_threshold{window="1h",test="domain_classifier"}': 0.7,
        },
        1,
    ),
    "below its bound, and drifted": (
        DRIFTED | {VALUE % ("", "auc"): 0.5, VALUE % ("_upper", "auc"): 0.6, BOUND % ("auc", "min"): 0.7},
        2,
    ),
    "below its bound, perhaps": (
        {VALUE % ("", "auc"): 0.6, VALUE % ("_upper", "auc"): 0.8, BOUND % ("auc", "min"): 0.7},
        0,
    ),
    "above its bound": ({VALUE % ("_lower", "rmse"): 3, BOUND % ("rmse", "max"): 2}, 2),
    "above its bound, without interval": ({VALUE % ("", "max_error"): 3, BOUND % ("max_error", "max"): 2}, 2),
    "unsure": ({'ml_confidence_mean{window="1h"}': 0.5, BOUND % ("confidence_mean", "min"): 0.6}, 2),
    "failing, and drifted": (DRIFTED | {"ml_exporter_evaluation_success": 0}, 3),
}


@pytest.mark.parametrize("uid", ("ml-overview", "ml-model"))
def test_a_version_has_the_gravest_status(uid: str, dashboards: dict[str, Json], promtool: str, tmp_path: Path) -> None:
    """Failing goes before out of bounds, that before drifted; well is who has rows; intervals are given the benefit."""
    (tmp_path / "status.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "status", "rules": rules(dashboards[uid])}]})
    )
    tests = [case(name, extra, status) for name, (extra, status) in CASES.items()]
    (tmp_path / "test.yml").write_text(yaml.safe_dump({"rule_files": ["status.yml"], "tests": tests}))
    command = [promtool, "test", "rules", str(tmp_path / "test.yml")]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def rules(dashboard: Json) -> list[Json]:
    """The query of the dashboard's status, for the model `m` in the window `1h`."""
    (text,) = {
        target["expr"]
        for panel in dashboard["panels"]
        for target in panel.get("targets", [])
        if target["expr"].startswith("3 + 0 *")
    }
    values = {"job": ".+", "model": "m", "version": "1", "window": "1h"}
    return [{"record": "status", "expr": re.sub(r"\$(\w+)", lambda name: values[name[1]], text)}]


def case(name: str, extra: dict[str, float], status: int) -> Json:
    """A test of promtool: the metrics of a version that is well, changed, and the status it must have."""
    series = [{"series": labelled(metric), "values": f"{value}x5"} for metric, value in (WELL | extra).items()]
    expected = {"labels": 'status{model="m",version="1"}', "value": status}
    asked = {"expr": "status", "eval_time": "2m", "exp_samples": [expected]}
    return {"name": name, "interval": "1m", "input_series": series, "promql_expr_test": [asked]}


def labelled(metric: str) -> str:
    """The metric with the labels that every metric of the version has."""
    name, _, rest = metric.partition("{")
    version = "" if name == "ml_exporter_evaluation_success" else 'version="1",'
    return f'{name}{{job="mlflow-exporter",instance="a",model="m",{version}{rest or "}"}'.replace(",}", "}")
