from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.cli.evaluation import FAILED, OFFENDED, Options, run

CONFIG = Path("config.yml")


def second_model(**files: str) -> None:
    """Add a model `fraud` to the configuration that differs from `churn` by these paths."""
    text = CONFIG.read_text(encoding="utf-8")
    model = text.partition("models:\n")[2].replace("name: churn\n", "name: fraud\n")
    for before, after in files.items():
        model = model.replace(f"path: {before}", f"path: {after}")
    CONFIG.write_text(text + model, encoding="utf-8")


def evaluations(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Model name to its evaluation, of those printed as JSON."""
    return {found["name"]: found for found in json.loads(capsys.readouterr().out)["evaluations"]}


def test_every_model_is_evaluated(configured: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a choice each configured model has its evaluation."""
    second_model()
    assert run(Options(CONFIG, style="json")) == 0
    assert list(evaluations(capsys)) == ["churn", "fraud"]


def test_only_the_models_that_were_named_are_evaluated(configured: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are not even opened."""
    second_model(**{"predictions.csv": "nowhere.csv"})
    assert run(Options(CONFIG, models=("churn",), style="json")) == 0
    assert list(evaluations(capsys)) == ["churn"]


def test_one_that_fails_does_not_hold_up_the_others(configured: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code says that something went wrong, the output has what went well."""
    second_model(**{"predictions.csv": "nowhere.csv"})
    assert run(Options(CONFIG, style="json")) == FAILED
    assert {name: found["success"] for name, found in evaluations(capsys).items()} == {"churn": True, "fraud": False}


def test_what_went_wrong_counts_before_what_was_found(configured: Any) -> None:
    """Drift in one model and a failure of another: the failure is told."""
    configured.predictions(shift=1.0)
    second_model(**{"predictions.csv": "nowhere.csv"})
    assert run(Options(CONFIG, models=("churn",), fail_on=("drift",))) == OFFENDED
    assert run(Options(CONFIG, fail_on=("drift",))) == FAILED


def test_distributions_are_exposed_where_a_model_asks_for_them(
    configured: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Metrics have what the running exporter would have, opt-in families included."""
    run(Options(CONFIG, style="prometheus"))
    assert "ml_column_distribution_ratio" not in capsys.readouterr().out
    CONFIG.write_text(CONFIG.read_text() + "    distributions: true\n", encoding="utf-8")
    run(Options(CONFIG, style="prometheus"))
    assert "ml_column_distribution_ratio" in capsys.readouterr().out
