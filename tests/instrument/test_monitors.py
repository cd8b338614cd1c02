from __future__ import annotations

from collections.abc import Callable

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
