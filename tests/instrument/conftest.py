"""A registry of its own for each test, its samples, and logs that are closed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument import Monitor, PredictionLog
from mlflow_exporter.instrument.records import Given


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry that nobody else uses."""
    return CollectorRegistry()


@pytest.fixture
def value(registry: CollectorRegistry) -> Callable[..., float]:
    """The value of a sample of churn, version 3; further labels by name, those that are keywords with an underscore."""

    def read(name: str, **labels: str) -> float:
        named = {label.rstrip("_"): text for label, text in labels.items()}
        return registry.get_sample_value(name, {"model": "churn", "version": "3", **named}) or 0.0

    return read


@pytest.fixture
def log(tmp_path: Path) -> Iterator[PredictionLog]:
    """A log in `logs/`."""
    with PredictionLog(tmp_path / "logs") as opened:
        yield opened


@pytest.fixture
def monitor(registry: CollectorRegistry) -> Monitor:
    """The instruments of churn, version 3, without a log."""
    return Monitor("churn", 3, registry=registry)


@pytest.fixture
def logged(registry: CollectorRegistry, log: PredictionLog) -> Monitor:
    """The instruments of churn, version 3, with the log."""
    return Monitor("churn", 3, registry=registry, log=log)


@pytest.fixture
def rows_in() -> Callable[..., list[dict[str, Any]]]:
    """`rows_in(folder)`: the rows of every finished file below a folder."""
    return rows_of


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """The rows of every finished file below a folder, in order of name."""
    found = sorted(path for path in folder.rglob("*.jsonl") if not path.name.startswith("."))
    return [json.loads(line) for path in found for line in path.read_text().splitlines()]


@pytest.fixture
def batch() -> Callable[..., Given]:
    """`batch(row, …)`: rows of churn, version 3, on their way to a log; `lost` gets how many were dropped."""

    def make(*records: dict[str, Any], lost: Callable[[int], None] = lambda rows: None) -> Given:
        return Given("churn", "3", records, lost)

    return make
