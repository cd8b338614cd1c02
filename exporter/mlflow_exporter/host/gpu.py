"""NVIDIA GPUs, where the machine has any and nvidia-ml-py (the `gpu` extra) is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlflow_exporter.host.reading import GpuReading

# NVML's answers go up to 100.
PERCENT = 100


def initialised_nvml() -> Any | None:
    """NVML's Python module, ready to answer; None where it is not installed or there is no driver."""
    try:
        import pynvml  # noqa: PLC0415 - optional
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


class Gpus:
    """The machine's GPUs by NVML (docs.nvidia.com/deploy/nvml-api); none where `nvml` is None."""

    def __init__(self, nvml: Any | None) -> None:
        self._nvml = nvml

    def readings(self) -> tuple[GpuReading, ...]:
        """One for each GPU that answers; a driver that went away leaves none."""
        if self._nvml is None:
            return ()
        count = self._answer(self._nvml.nvmlDeviceGetCount) or 0
        handles = [(index, self._answer(self._nvml.nvmlDeviceGetHandleByIndex, index)) for index in range(count)]
        return tuple(self._reading(index, handle) for index, handle in handles if handle is not None)

    def _reading(self, index: int, handle: Any) -> GpuReading:
        nvml: Any = self._nvml
        rates = self._answer(nvml.nvmlDeviceGetUtilizationRates, handle)
        memory = self._answer(nvml.nvmlDeviceGetMemoryInfo, handle)
        return GpuReading(
            index,
            utilization_ratio=None if rates is None else rates.gpu / PERCENT,
            memory_ratio=None if memory is None else memory.used / memory.total,
        )

    def _answer(self, question: Callable[..., Any], *arguments: Any) -> Any | None:
        """NVML's answer, None where it has none: many devices do not support every question."""
        nvml: Any = self._nvml
        try:
            return question(*arguments)
        except nvml.NVMLError:
            return None
