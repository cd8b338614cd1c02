"""The exporter's own state on /metrics."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any, TypeAlias

from mlflow_exporter import __version__
from mlflow_exporter.collectors.exporter import COLLECTOR, ExporterStatus
from mlflow_exporter.collectors.family import Collector

Exposed: TypeAlias = Callable[[Collector[Any], object], str]


def test_looks_as_it_did(exposed: Exposed, golden: Callable[[str], str]) -> None:
    """A status gives exactly the golden file, but for the versions of the moment."""
    status = ExporterStatus(mlflow_up=False, state_up=True, reload_success_at=1.5, shard=1, total_shards=2)
    text = exposed(COLLECTOR, status)
    assert text.replace(platform.python_version(), "3.x").replace(f'"{__version__}"', '"0.x"') == golden("exporter")


def test_what_was_not_asked_yet_is_absent(exposed: Exposed) -> None:
    """Before the first answer or silence of MLflow it is neither up nor down."""
    text = exposed(COLLECTOR, ExporterStatus())
    assert "_up" not in text
    assert "ml_exporter_config_last_reload_successful 1.0" in text
