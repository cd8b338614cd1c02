"""How busy the machine is that the exporter runs on."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow_exporter.collectors.family import Collector, Family, Sample
from mlflow_exporter.host.reading import HostReading

CPU = Family("ml_host_cpu_usage_ratio", "Busy share of all CPUs since the scrape before.")
MEMORY = Family("ml_host_memory_usage_ratio", "Share of the memory in use.")
DISK = Family("ml_host_disk_usage_ratio", "Share of the file system in use.", ("path",))
LOAD = Family("ml_host_load1", "Processes running or waiting, averaged over a minute.")
GPU = Family("ml_host_gpu_utilization_ratio", "Share of time in which the GPU computed.", ("gpu",))
GPU_MEMORY = Family("ml_host_gpu_memory_usage_ratio", "Share of the GPU's memory in use.", ("gpu",))


def collect(reading: HostReading) -> Iterator[Sample]:
    """Samples of the machine."""
    yield CPU.sample((), reading.cpu_ratio)
    yield MEMORY.sample((), reading.memory_ratio)
    yield LOAD.sample((), reading.load1)
    for path, ratio in reading.disk_ratios.items():
        yield DISK.sample((path,), ratio)
    for gpu in reading.gpus:
        yield GPU.sample((str(gpu.index),), gpu.utilization_ratio)
        yield GPU_MEMORY.sample((str(gpu.index),), gpu.memory_ratio)


COLLECTOR = Collector("host", HostReading, (CPU, MEMORY, DISK, LOAD, GPU, GPU_MEMORY), collect)
