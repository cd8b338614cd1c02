"""The machine on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.collectors.host import COLLECTOR
from mlflow_exporter.host.reading import GpuReading, HostReading


def test_looks_as_it_did(exposed: Callable[[Collector[Any], object], str], golden: Callable[[str], str]) -> None:
    """A reading gives exactly the golden file: what could not be read is absent."""
    gpus = GpuReading(0, 0.5, 0.25), GpuReading(1, None, 0.75)
    reading = HostReading(0.75, memory_ratio=0.5, load1=1.25, disk_ratios={"/": 0.25, "/data": 0.5}, gpus=gpus)
    assert exposed(COLLECTOR, reading) == golden("host")
