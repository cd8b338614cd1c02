"""Every alert is complete: what it says, what it is tested for, and metrics that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlflow_exporter.instrument.families import FAMILIES

ROOT = Path(__file__).parents[2]
RULES = [
    rule
    for path in sorted((ROOT / "prometheus" / "rules").glob("*.yml"))
    for group in yaml.safe_load(path.read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
UNIT_TESTS = {
    path.stem: yaml.safe_load(path.read_text())["tests"] for path in (ROOT / "prometheus" / "tests").glob("*.yml")
}

RUNBOOKS = "https://github.com/mlflow-exporter/mlflow-exporter/blob/main/docs/runbooks"
DASHBOARDS = ("ml-drift", "ml-exporter", "ml-model", "ml-registry", "ml-serving")

# Written in the design, and exposed by parts of the exporter that are still to come.
LATER = {"ml_compliance_check", "ml_compliant", "ml_fairness"}
# Exposed by Prometheus and Alertmanager.
FOREIGN = {"up": {"job", "instance"}, "alertmanager_notifications_failed_total": {"integration"}}
OF_TARGETS = {"job", "instance"}


def documented() -> dict[str, set[str]]:
    """Metrics of docs/metrics.md with their labels."""
    rows = re.findall(r"^\| `(ml_\w+)` \| ([^|]*) \|", (ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE)
    return {name: set(filter(None, labels.strip().split(", "))) for name, labels in rows}


def served() -> Iterator[tuple[str, set[str]]]:
    """Series of instrumented model servers with their labels."""
    for family in FAMILIES:
        yield family.name, set(family.labels)
        if family.type == "histogram":
            yield f"{family.name}_count", set(family.labels)
            yield f"{family.name}_bucket", {*family.labels, "le"}


def selectors(expression: str) -> list[tuple[str, list[str]]]:
    """Each metric of an expression, with the labels it is selected by."""
    outside_ranges = re.sub(r"\[[^\]]*\]", "", expression)
    found = re.findall(r"\b(\w+(?::\w+)+|ml_\w+|up|alertmanager_\w+)\b(?:\{([^}]*)\})?", outside_ranges)
    return [(name, re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inside)) for name, inside in found]


def expressions(rule: dict[str, Any]) -> str:
    """Everything of a rule that Prometheus evaluates, the queries in its annotations included."""
    return " ".join([rule["expr"], *re.findall(r'printf "([^"]+=%q[^"]*)"', str(rule.get("annotations")))])


def names() -> list[str]:
    return list(dict.fromkeys(alert["alert"] for alert in ALERTS))


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_alert_says_what_and_what_to_do(alert: dict[str, Any]) -> None:
    """Each alert has a severity, a subject, a summary, a description with its threshold, a runbook and a dashboard."""
    labels, said = alert["labels"], alert["annotations"]
    assert labels["severity"] in {"critical", "warning", "info"}
    assert labels["subject"]
    assert sorted(said) == ["dashboard_url", "description", "runbook_url", "summary"]
    assert said["runbook_url"] == f"{RUNBOOKS}/{alert['alert']}.md"
    assert re.fullmatch(r"http://localhost:3000/d/([\w-]+)(\?.+)?", said["dashboard_url"])[1] in DASHBOARDS  # type: ignore[index]
    assert ("$value" in str(said)) <= any(word in said["description"] for word in ("threshold", "target", "half"))


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_alert_waits(alert: dict[str, Any]) -> None:
    """No alert fires at the first bad sample, except for one that is about single events."""
    assert "for" in alert or "increase(" in alert["expr"]


@pytest.mark.parametrize("name", names())
def test_alert_is_tested_to_fire_and_resolve(name: str) -> None:
    """A unit test of each alert has it fire, and later not any more."""
    assert any(fires_and_resolves(name, test) for tests in UNIT_TESTS.values() for test in tests)


def fires_and_resolves(name: str, test: dict[str, Any]) -> bool:
    outcomes = [bool(check["exp_alerts"]) for check in test["alert_rule_test"] if check["alertname"] == name]
    return True in outcomes and False in outcomes[outcomes.index(True) :]


@pytest.mark.parametrize("name", names())
def test_alert_is_tested_to_stay_quiet(name: str) -> None:
    """A unit test of each alert feeds it what is nearly bad, and it never fires."""
    quiet = [
        test for tests in UNIT_TESTS.values() for test in tests if "quiet" in test["name"] and name in test["name"]
    ]
    checks = [check for test in quiet for check in test["alert_rule_test"] if check["alertname"] == name]
    assert checks
    assert not any(check["exp_alerts"] for check in checks)


@pytest.mark.parametrize("name", names())
def test_alert_is_tested_without_series(name: str) -> None:
    """Each alert is tested where its series are not there, or only those of one side."""
    for test in UNIT_TESTS["absent_test"]:
        assert name in [check["alertname"] for check in test["alert_rule_test"]]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_rule_uses_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    """Rules read what the exporter, model servers, other rules, Prometheus or Alertmanager expose."""
    known = {**documented(), **dict(served()), **FOREIGN}
    for name, labels in selectors(expressions(rule)):
        if name in known:
            assert set(labels) <= known[name] | OF_TARGETS, f"{name} has no such label"
        else:
            assert name in LATER | RECORDED or name.replace(":override", ":target") in RECORDED, name


def test_what_comes_later_is_not_there_yet() -> None:
    """A metric that is exposed by now is no longer listed as one to come."""
    listed = sorted(LATER & documented().keys())
    assert not listed, f"take {', '.join(listed)} from LATER"


@pytest.mark.parametrize("rule", [rule for rule in RULES if "record" in rule], ids=lambda rule: rule["record"])
def test_recorded_series_are_named_by_level_metric_and_operation(rule: dict[str, Any]) -> None:
    """Recording rules are named as Prometheus recommends: level:metric:operations."""
    assert re.fullmatch(r"(model|model_version)(_column)?(_bin)?:\w+:\w+", rule["record"])
