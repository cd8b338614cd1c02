"""The exporter itself: build, configuration, what it depends on, its shard."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass

from mlflow_exporter import __version__
from mlflow_exporter.collectors.family import Collector, Family, Sample


@dataclass(frozen=True, slots=True)
class ExporterStatus:
    """State of the process; `mlflow_up` and `state_up` are None before they were first asked."""

    mlflow_up: bool | None = None
    state_up: bool | None = None
    reload_successful: bool = True
    reload_success_at: float | None = None
    shard: int = 0
    total_shards: int = 1


BUILD = Family("ml_exporter_build_info", "1, with the exporter's version.", ("version", "python_version"), "info")
RELOADED = Family(
    "ml_exporter_config_last_reload_successful", "1 where the last reload of the configuration succeeded, else 0."
)
RELOADED_AT = Family(
    "ml_exporter_config_last_reload_success_timestamp_seconds",
    "Unix time of the last successful load of the configuration.",
)
MLFLOW_UP = Family("ml_exporter_mlflow_up", "1 where MLflow answered when it was last asked, else 0.")
STATE_UP = Family("ml_exporter_state_up", "1 where the state store worked when it was last used, else 0.")
SHARD = Family("ml_exporter_shard", "Which share of the models this process has, from 0.")
TOTAL_SHARDS = Family("ml_exporter_total_shards", "Among how many processes the models are shared.")


def collect(status: ExporterStatus) -> Iterator[Sample]:
    """Samples of the process."""
    yield BUILD.sample((__version__, platform.python_version()), 1)
    yield RELOADED.sample((), status.reload_successful)
    yield RELOADED_AT.sample((), status.reload_success_at)
    yield MLFLOW_UP.sample((), status.mlflow_up)
    yield STATE_UP.sample((), status.state_up)
    yield SHARD.sample((), status.shard)
    yield TOTAL_SHARDS.sample((), status.total_shards)


COLLECTOR = Collector(
    "exporter",
    ExporterStatus,
    (BUILD, RELOADED, RELOADED_AT, MLFLOW_UP, STATE_UP, SHARD, TOTAL_SHARDS),
    collect,
)
