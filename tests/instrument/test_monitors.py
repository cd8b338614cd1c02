from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument import monitor, monitored
from mlflow_exporter.instrument.monitors import shared


def test_a_function_is_monitored_in_a_line(registry: CollectorRegistry, value: Callable[..., float]) -> None:
    """The decorator does all there is to do."""

    @monitor(model="churn", version="3", registry=registry)
    def predict(row: dict[str, int]) -> str:
        return "yes"

    assert predict({"age": 44}) == "yes"
    assert value("ml_predicted_class_total", class_="yes") == 1


def test_a_block_is_monitored_in_a_line(registry: CollectorRegistry, value: Callable[..., float]) -> None:
    """Every pass through the block is a call of the same monitor."""
    for _ in range(3):
        with monitored(model="churn", version=3, registry=registry, features=["age"]) as call:
            call.inputs([44])
            call.outputs("yes")
    assert value("ml_predictions_total") == 3


def test_the_same_options_share_a_monitor(registry: CollectorRegistry) -> None:
    """It is made once, though the options are given anew each time; other options make another."""
    first = shared("churn", 3, registry=registry, classes=["no", "yes"])
    assert shared("churn", "3", registry=registry, classes=["no", "yes"]) is first
    assert shared("churn", 3, registry=registry) is not first


@pytest.mark.parametrize(
    ("options", "error", "said"),
    (
        ({"version": None}, TypeError, "version is None: give the number"),
        ({"version": True}, TypeError, "version is True: give the number"),
        ({"version": ""}, ValueError, "version is empty"),
        ({"model": ""}, ValueError, "model is empty"),
        ({"model": 3}, TypeError, "model is 3: give the name"),
        ({"log": "logs/"}, TypeError, r"log is 'logs/', .*: write log=PredictionLog\('logs/'\)"),
        ({"bins": "b.json"}, TypeError, r"bins is 'b.json', .*: write bins=FeatureBins.load\('b.json'\)"),
        ({"inputs": "x"}, TypeError, "inputs is 'x', which cannot be called"),
        ({"outputs": 3}, TypeError, "outputs is 3, which cannot be called"),
        ({"lgo": None}, TypeError, "there is no option 'lgo': did you mean 'log'?"),
        ({"verbosity": 1}, TypeError, "there is no option 'verbosity': use one of log, bins"),
    ),
)
def test_mistakes_are_told_at_decoration(options: dict[str, Any], error: type[Exception], said: str) -> None:
    """A server with a wrong option does not start; none is found out by a prediction."""
    with pytest.raises(error, match=said):
        monitor(**{"model": "churn", "version": 3, **options})


def test_a_decorator_without_options_says_what_it_needs() -> None:
    """`@monitor` alone does not know which version of which model it is for."""
    with pytest.raises(TypeError, match="missing 2 required keyword-only arguments: 'model' and 'version'"):
        monitor(len)  # type: ignore[call-arg, arg-type]
    with pytest.raises(TypeError, match="by name only: write @monitor"):
        monitor(len, model="churn", version=3)  # type: ignore[arg-type]
