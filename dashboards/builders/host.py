"""How busy the exporters' machines are, and what part of it is theirs."""

from __future__ import annotations

from collections.abc import Iterator

from dashboards.builders.accents import with_limit_at
from dashboards.builders.panels import lines
from dashboards.builders.queries import series
from grafana_foundation_sdk.builders import timeseries


def usage(scope: str) -> Iterator[timeseries.Panel]:
    """The machine, and the exporter's process on it."""
    usage = lines(
        "Usage of the host",
        "Share of the machine that is in use, by everything on it. HostCpuHigh, HostMemoryHigh and HostDiskHigh watch "
        "it.",
        "percentunit",
        series(f"max by (instance) (ml_host_cpu_usage_ratio{{{scope}}})", "CPU {{instance}}"),
        series(f"max by (instance) (ml_host_memory_usage_ratio{{{scope}}})", "memory {{instance}}"),
        series(f"max by (instance, path) (ml_host_disk_usage_ratio{{{scope}}})", "disk {{path}} {{instance}}"),
        series(f"max by (instance, gpu) (ml_host_gpu_utilization_ratio{{{scope}}})", "GPU {{gpu}} {{instance}}"),
        series(
            f"max by (instance, gpu) (ml_host_gpu_memory_usage_ratio{{{scope}}})", "GPU {{gpu}} memory {{instance}}"
        ),
    )
    yield with_limit_at(usage.min(0).max(1), 0.9, "dashed")
    yield lines(
        "Load",
        "Processes that run or wait, averaged over a minute.",
        "none",
        series(f"max by (instance) (ml_host_load1{{{scope}}})", "{{instance}}"),
    ).min(0)
    yield lines(
        "Memory of the exporter",
        "Resident memory of the process.",
        "bytes",
        series(f"process_resident_memory_bytes{{{scope}}}", "{{instance}}"),
    ).min(0)
    yield lines(
        "CPU of the exporter",
        "CPUs that the process keeps busy.",
        "none",
        series(f"rate(process_cpu_seconds_total{{{scope}}}[$__rate_interval])", "{{instance}}"),
    ).min(0)
