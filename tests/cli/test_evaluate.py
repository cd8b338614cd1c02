from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from pyarrow import csv, parquet
from scipy.stats import ks_2samp

SERIES = ("ml_window_rows", {"model": "churn", "version": "3", "window": "24h"}, 400.0)


def test_an_evaluation_is_a_table(invoke: Callable[..., Any], configured: Any) -> None:
    """By default people read what was found."""
    result = invoke("evaluate")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "churn/3 (classification, baseline of 2,000 rows)  ✓ OK" in result.stdout


def test_numbers_are_those_of_the_rows(invoke: Callable[..., Any], configured: Any) -> None:
    """The score of the default test is what SciPy computes on the raw rows, within the bins' bound of 1/240."""
    configured.predictions(shift=1.0)
    [found] = json.loads(invoke("evaluate", "--format", "json", "--window", "24h").stdout)["evaluations"]
    [window] = found["windows"]
    [score] = [verdict["score"] for verdict in window["drift"] if verdict["column"] == "age"]
    reference = parquet.read_table("reference.parquet")["age"].to_numpy()
    production = csv.read_csv("predictions.csv")["age"].to_numpy()
    assert score == pytest.approx(ks_2samp(reference, production).statistic, abs=1 / 240)


@pytest.mark.parametrize(("style", "parse"), (("prometheus", parse_text), ("openmetrics", parse_openmetrics)))
def test_metrics_are_in_the_format_that_was_asked_for(
    invoke: Callable[..., Any], configured: Any, style: str, parse: Callable[[str], Any]
) -> None:
    """Prometheus's own parsers read them."""
    result = invoke("evaluate", "--format", style)
    samples = [sample for family in parse(result.stdout) for sample in family.samples]
    assert SERIES in [(sample.name, sample.labels, sample.value) for sample in samples]


@pytest.mark.parametrize(("shift", "code"), ((0.0, 0), (1.0, 3)))
def test_drift_ends_with_3_where_that_was_asked_for(
    invoke: Callable[..., Any], configured: Any, shift: float, code: int
) -> None:
    """A gate for continuous integration: what it found is on stderr."""
    configured.predictions(shift=shift)
    result = invoke("evaluate", "--fail-on", "drift")
    assert result.exit_code == code
    assert ("Failed: churn: drift in 24h: age: ks" in result.stderr) == (code == 3)
    assert invoke("evaluate").exit_code == 0


def test_what_went_wrong_ends_with_1(invoke: Callable[..., Any], configured: Any) -> None:
    """A gate is not passed where a model could not be evaluated, and nothing that was found counts then."""
    Path("predictions.csv").unlink()
    result = invoke("evaluate", "--fail-on", "drift,skipped")
    assert result.exit_code == 1
    assert "! churn: " in result.stderr
    assert "predictions.csv: no file is there" in result.stderr


def test_without_a_model_nothing_passes(invoke: Callable[..., Any], folder: Any) -> None:
    """A gate for which no model is configured fails, and does not let everything through."""
    folder.configure("mlflow: {{tracking_uri: '{mlflow}'}}\nmodels: []\n")
    result = invoke("evaluate", "--fail-on", "drift")
    assert result.exit_code == 1
    assert "Error: models: no model is configured; add one" in result.stderr


def test_no_state_is_touched(invoke: Callable[..., Any], configured: Any) -> None:
    """The configured state is neither made nor read: each evaluation reads the whole log."""
    for _ in range(2):
        [found] = json.loads(invoke("evaluate", "--format", "json").stdout)["evaluations"]
        assert found["rows_read"] == {"predictions": 400}
    assert not Path("state.db").exists()


def test_a_named_state_remembers(invoke: Callable[..., Any], configured: Any) -> None:
    """With --state rows are read once, and windows are whole all the same."""
    for _ in range(2):
        [found] = json.loads(invoke("evaluate", "--format", "json", "--state", "sqlite:///ci.db").stdout)["evaluations"]
        assert (found["rows_read"], found["windows"][1]["rows"]) == ({"predictions": 400}, 400)
    assert sqlite3.connect("ci.db").execute("SELECT count(*) FROM meta").fetchone() == (1,)


def test_windows_may_be_others(invoke: Callable[..., Any], configured: Any) -> None:
    """--window replaces the configured windows."""
    [found] = json.loads(invoke("evaluate", "--format", "json", "--window", "5m", "--window", "2d").stdout)[
        "evaluations"
    ]
    rows = {window["window"]["name"]: window["rows"] for window in found["windows"]}
    assert rows["2d"] == 400
    assert 0 < rows["5m"] < 400


@pytest.mark.parametrize(
    ("arguments", "said"),
    (
        (["--model", "chrun"], "'chrun' is not configured; did you mean 'churn'?"),
        (["--window", "soon"], "'soon' is not a duration"),
        (["--fail-on", "drfit"], "'drfit' is not one of drift, performance, confidence, quality, skipped."),
        (["--format", "xml"], "'xml' is not one of"),
    ),
)
def test_wrong_usage_is_told(invoke: Callable[..., Any], configured: Any, arguments: list[str], said: str) -> None:
    """Names that mean nothing end with exit code 2."""
    result = invoke("evaluate", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())


def test_a_snapshot_has_no_other_window(invoke: Callable[..., Any], configured: Any) -> None:
    """Files that are the window themselves cannot be cut by time."""
    text = (
        Path("config.yml").read_text().replace("path: predictions.csv", "path: predictions.csv\n      mode: snapshot")
    )
    Path("config.yml").write_text(text.replace("    windows: [1h, 24h]\n", ""), encoding="utf-8")
    assert invoke("evaluate").exit_code == 0
    result = invoke("evaluate", "--window", "1h")
    assert result.exit_code == 2
    assert "'churn' reads a snapshot, which is its only window" in result.stderr


def test_metrics_are_pushed(invoke: Callable[..., Any], configured: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Pushgateway gets the text format, whatever is printed."""
    pushed: list[tuple[str, str]] = []
    monkeypatch.setattr("mlflow_exporter.cli.pushgateway.push", lambda url, text: pushed.append((url, text.decode())))
    assert invoke("evaluate", "--format", "json", "--push-gateway", "http://gateway:9091").exit_code == 0
    [(url, text)] = pushed
    samples = [sample for family in parse_text(text) for sample in family.samples]
    assert url == "http://gateway:9091"
    assert SERIES in [(sample.name, sample.labels, sample.value) for sample in samples]


def test_a_gateway_that_is_away_ends_with_1(
    invoke: Callable[..., Any], configured: Any, free_port: Callable[[], int]
) -> None:
    """What was found is printed before the push fails."""
    result = invoke("evaluate", "--push-gateway", f"127.0.0.1:{free_port()}")
    assert result.exit_code == 1
    assert "churn/3" in result.stdout
    assert "the Pushgateway did not answer" in result.stderr
