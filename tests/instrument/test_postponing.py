from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter

from mlflow_exporter.instrument import WorkersCollector, postponing
from mlflow_exporter.instrument.postponing import Postponed

WORKER = """
import sys
from mlflow_exporter.instrument import FeatureBins, Monitor
from mlflow_exporter.instrument.bins import ColumnBins

bins = FeatureBins((ColumnBins("x", ("low", "high", "missing", "other"), (0.5, 0.5, 0, 0), (0.0,)),))
monitor = Monitor("churn", 3, bins=bins)
monitor(lambda rows: ["yes"] * len(rows))([{"x": 1}] * 100)
"""


def test_a_step_is_done_once_before_the_metrics_are_read(registry: CollectorRegistry) -> None:
    """However often it was asked for; and again where it is asked for again."""
    postponed = Postponed()
    registry.register(postponed)
    step = Counter("done", "done", registry=registry).inc
    for done in (1, 2):
        postponed.add(step)
        postponed.add(step)
        assert [registry.get_sample_value("done_total") for _ in range(2)] == [done, done]


def test_one_of_several_processes_waits_for_no_scrape(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wait_until: Callable[..., Any]
) -> None:
    """Another process may be asked, which sees files alone."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setattr(postponing, "SECONDS", 0.01)
    postponed, done = Postponed(), list[str]()
    for name in ("first", "second"):
        postponed.add(partial(done.append, name))
        wait_until(partial(done.__contains__, name))


def test_a_forked_process_leaves_it_to_its_parent() -> None:
    """Else it would be done twice."""
    postponed, done = Postponed(), list[int]()
    postponed.add(lambda: done.append(1))
    child = os.fork()
    if child == 0:
        postponed.run()
        os._exit(len(done))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    postponed.run()
    assert done == [1]


def test_one_of_several_processes_does_it_when_it_ends(tmp_path: Path) -> None:
    """The bins and classes of its last second are in the files."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", WORKER], env=environment, check=True, timeout=60)
    registry = CollectorRegistry()
    WorkersCollector(registry, str(tmp_path))
    key = {"model": "churn", "version": "3"}
    assert registry.get_sample_value("ml_feature_bin_total", {**key, "column": "x", "bin": "high"}) == 100
    assert registry.get_sample_value("ml_predicted_class_total", {**key, "class": "yes"}) == 100
