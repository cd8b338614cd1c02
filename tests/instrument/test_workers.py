from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument import WorkersCollector

WORKER = """
from mlflow_exporter.instrument import Monitor

Monitor("churn", 3)(lambda row: "yes")({"age": 44})
"""
KEY = {"model": "churn", "version": "3"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What two processes have counted."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", WORKER], env=environment, check=True, timeout=60)
    return tmp_path


def test_what_processes_counted_is_added_up_beside_a_file_that_has_not_begun(folder: Path) -> None:
    """A process that is killed as it begins leaves an empty file for ever, and stops no scrape."""
    (folder / "counter_1.db").touch()
    registry = CollectorRegistry()
    WorkersCollector(registry, str(folder))
    assert registry.get_sample_value("ml_predictions_total", KEY) == 2
    assert registry.get_sample_value("ml_prediction_latency_seconds_count", KEY) == 2


def test_a_file_that_is_gone_stops_no_scrape(folder: Path) -> None:
    """Those of calls in progress go with their process, maybe just after the folder was listed."""
    (folder / "gauge_livesum_1.db").symlink_to(folder / "gone")
    registry = CollectorRegistry()
    WorkersCollector(registry, str(folder))
    assert registry.get_sample_value("ml_predictions_total", KEY) == 2


def test_without_a_folder_it_says_so(tmp_path: Path) -> None:
    """As the client's does."""
    with pytest.raises(ValueError, match="PROMETHEUS_MULTIPROC_DIR"):
        WorkersCollector(CollectorRegistry(), str(tmp_path / "none"))
