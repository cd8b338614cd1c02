from __future__ import annotations

import os
import shutil
from pathlib import Path

import psutil
import pytest

from mlflow_exporter.host.cpu import SHORTEST_SECONDS, Cpu
from mlflow_exporter.host.gpu import Gpus
from mlflow_exporter.host.host import Host


def test_reading_of_the_real_machine(tmp_path: Path) -> None:
    """Memory, load and disk agree with the operating system's own numbers."""
    usage, memory = shutil.disk_usage(tmp_path), psutil.virtual_memory()
    reading = Host([str(tmp_path)]).reading()

    assert reading.memory_ratio == pytest.approx(memory.percent / 100, abs=0.05)
    assert reading.load1 == pytest.approx(os.getloadavg()[0], abs=1)
    expected = usage.used / (usage.used + usage.free)
    assert reading.disk_ratios == {str(tmp_path): pytest.approx(expected, abs=0.01)}


def test_a_disk_that_is_not_there_has_no_ratio(tmp_path: Path) -> None:
    """A path that does not exist, or a file system without size, is left out and the others are read."""
    reading = Host([str(tmp_path / "missing"), "/proc", str(tmp_path)]).reading()

    assert list(reading.disk_ratios) == [str(tmp_path)]


def test_the_cpu_ratio_appears_with_the_second_measurement() -> None:
    """The first reading has no CPU ratio, a later one has."""
    times = iter([0.0, 0.0, SHORTEST_SECONDS])
    host = Host(cpu=Cpu(lambda: next(times)), gpus=Gpus(None))
    first, before = host.reading(), sum(psutil.cpu_times())
    while sum(psutil.cpu_times()) == before:
        pass  # the kernel counts in ticks of 10 ms
    second = host.reading()

    assert first.cpu_ratio is None
    assert second.cpu_ratio is not None
    assert 0 <= second.cpu_ratio <= 1
