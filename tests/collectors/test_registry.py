"""The registry on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.collectors.registry import COLLECTOR
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.registry.snapshot import RegisteredModel, RegisteredVersion, RegistrySnapshot


def test_looks_as_it_did(exposed: Callable[[Collector[Any], object], str], golden: Callable[[str], str]) -> None:
    """A snapshot gives exactly the golden file: a model without versions counts as one."""
    versions = tuple(
        RegisteredVersion(ModelKey("churn", number), stage, "READY", run, created_at=1.7e9, source="")
        for number, stage, run in (("1", "Archived", ""), ("2", "Production", "a1b2"))
    )
    models = (RegisteredModel("churn", versions, {"champion": "2"}), RegisteredModel("empty"))
    snapshot = RegistrySnapshot({model.name: model for model in models}, taken_at=1.7e9)
    assert exposed(COLLECTOR, snapshot) == golden("registry")
