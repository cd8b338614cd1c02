"""What is read of a machine at one moment; ratios are 0 to 1, and absent (None) where they are not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class GpuReading:
    """One GPU: the share of the last sampling period in which it computed, and the share of its memory in use."""

    index: int
    utilization_ratio: float | None
    memory_ratio: float | None


@dataclass(frozen=True, slots=True)
class HostReading:
    """The whole machine.

    `cpu_ratio` is over all cores, since the reading before; `disk_ratios` are by path, of what an ordinary user may
    use (as `df` shows it); `load1` is the number of running or waiting processes, averaged over a minute.
    """

    cpu_ratio: float | None
    memory_ratio: float
    load1: float
    disk_ratios: Mapping[str, float] = field(default_factory=dict)
    gpus: tuple[GpuReading, ...] = ()
