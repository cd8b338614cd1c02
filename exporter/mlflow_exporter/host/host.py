"""The machine that the exporter runs on."""

from __future__ import annotations

from collections.abc import Sequence

import psutil

from mlflow_exporter.host.cpu import Cpu
from mlflow_exporter.host.gpu import Gpus, initialised_nvml
from mlflow_exporter.host.reading import HostReading


class Host:
    """Reads the machine without waiting; safe to use from any thread.

    `disks` are paths whose file systems are read. In a container the CPU, memory and load are the whole machine's, as
    the kernel shows them.
    """

    def __init__(self, disks: Sequence[str] = ("/",), *, cpu: Cpu | None = None, gpus: Gpus | None = None) -> None:
        self._disks = tuple(disks)
        self._cpu = cpu or Cpu()
        self._gpus = gpus or Gpus(initialised_nvml())

    def reading(self) -> HostReading:
        """The machine now; a disk that is not there has no ratio."""
        memory = psutil.virtual_memory()
        ratios = {path: _disk_ratio(path) for path in self._disks}
        return HostReading(
            cpu_ratio=self._cpu.ratio(),
            memory_ratio=1 - memory.available / memory.total,
            load1=psutil.getloadavg()[0],
            disk_ratios={path: ratio for path, ratio in ratios.items() if ratio is not None},
            gpus=self._gpus.readings(),
        )


def _disk_ratio(path: str) -> float | None:
    try:
        usage = psutil.disk_usage(path)
    except OSError:
        return None
    # Pseudo file systems have no size at all.
    available = usage.used + usage.free
    return usage.used / available if available else None
