from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_every_try_has_a_line_and_failures_are_named(invoke: Callable[..., Any], configured: Any) -> None:
    """With MLflow down the rest is tried all the same; exit code 1 names what failed."""
    result = invoke("check")
    assert result.exit_code == 1
    assert [(line[0], line[2:].split(": ")[0]) for line in result.stdout.splitlines()] == [
        ("✓", "configuration"),
        ("✗", "mlflow"),
        ("✓", "state"),
        ("✗", "churn"),
        ("✓", "churn"),
        ("✓", "churn"),
    ]
    assert result.stderr == "Error: 2 of 6 failed: mlflow, churn: version\n"


def test_a_wrong_configuration_is_told_alone(invoke: Callable[..., Any], folder: Any) -> None:
    """Nothing is tried where the file itself is wrong."""
    folder.configure("models: [churn]\n")
    result = invoke("check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Error: config.yml:1: models" in result.stderr


def test_no_model_is_worth_a_look(invoke: Callable[..., Any], folder: Any) -> None:
    """A configuration without models is whole, and says that there are none."""
    folder.configure("mlflow: {{tracking_uri: '{mlflow}'}}\nmodels: []\n")
    lines = invoke("check").stdout.splitlines()
    assert lines[-1] == "! models: none is configured, so nothing is known of any model's predictions"


def test_everything_that_works_ends_with_0(invoke: Callable[..., Any], configured: Any, registered: Any) -> None:
    """With a model that is registered every try passes."""
    name = registered.model()
    text = (configured.configure(name=name, mlflow=registered.uri)).read_text().replace('"3"', "latest")
    configured.configure(text.replace("{", "{{").replace("}", "}}"))
    result = invoke("check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"✓ {name}: version: 1 (latest)" in result.stdout
    assert f"✓ mlflow: {registered.uri}: MLflow " in result.stdout
