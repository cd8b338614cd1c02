from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from mlflow_exporter.host.gpu import Gpus, initialised_nvml
from mlflow_exporter.host.reading import GpuReading


class FakeNvml:
    """NVML as nvidia-ml-py shows it, for devices given as (used, total, utilization) or None for a lost one."""

    class NVMLError(Exception):
        pass

    def __init__(self, *devices: tuple[int, int, int | None] | None, driver: bool = True) -> None:
        self.devices, self.driver = devices, driver

    def nvmlInit(self) -> None:  # noqa: N802
        self._require(self.driver)

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        self._require(self.driver)
        return len(self.devices)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Any:  # noqa: N802
        self._require(self.devices[index])
        return self.devices[index]

    def nvmlDeviceGetMemoryInfo(self, handle: Any) -> Any:  # noqa: N802
        return SimpleNamespace(used=handle[0], total=handle[1])

    def nvmlDeviceGetUtilizationRates(self, handle: Any) -> Any:  # noqa: N802
        self._require(handle[2] is not None)
        return SimpleNamespace(gpu=handle[2], memory=99)

    def _require(self, there: object) -> None:
        if not there:
            raise self.NVMLError


def test_every_gpu_is_read() -> None:
    """Utilization comes in percent and memory in bytes; both become ratios, by the GPU's index."""
    gpus = Gpus(FakeNvml((4, 16, 25), (16, 16, 100)))

    assert gpus.readings() == (GpuReading(0, 0.25, 0.25), GpuReading(1, 1.0, 1.0))


def test_what_a_gpu_does_not_support_is_absent() -> None:
    """A device that knows its memory but not its utilization has the one number and no made-up 0."""
    assert Gpus(FakeNvml((8, 16, None))).readings() == (GpuReading(0, None, 0.5),)


def test_a_lost_gpu_keeps_the_others_indices() -> None:
    """A device that fell off the bus is left out, and the next one is not renamed."""
    assert Gpus(FakeNvml(None, (8, 16, 10))).readings() == (GpuReading(1, 0.1, 0.5),)


def test_a_driver_that_goes_away_leaves_no_gpus() -> None:
    """A driver unloaded while the exporter runs is no error."""
    assert Gpus(FakeNvml((8, 16, 10), driver=False)).readings() == ()


def test_without_nvml_there_are_none() -> None:
    """A machine without NVML has no GPU readings."""
    assert Gpus(None).readings() == ()


@pytest.mark.parametrize(
    ("module", "found"),
    ((None, False), (FakeNvml(driver=False), False), (FakeNvml(), True)),
    ids=["not installed", "no driver", "driver"],
)
def test_nvml_is_used_only_where_it_initialises(
    module: Any, found: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A missing library or driver is no error and says nothing."""
    monkeypatch.setitem(sys.modules, "pynvml", module)

    assert (initialised_nvml() is not None) == found
    assert capfd.readouterr() == ("", "")
