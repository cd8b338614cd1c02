"""Training runs: what one of them measured, and how many there are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from mlflow_exporter.registry.failures import is_absence
from mlflow_exporter.registry.paging import every

if TYPE_CHECKING:
    from mlflow import MlflowClient

PAGE = 1000
RUNS_OF_AN_EXPERIMENT = 2000
RUNS_IN_ALL = 10_000


@dataclass(frozen=True, slots=True)
class Run:
    """A run: its metrics (each at its last step; not the ones that are NaN or infinite), tags and state.

    `started_at` and `ended_at` are in Unix seconds. `deleted` runs can still be read until MLflow's garbage
    collection.
    """

    run_id: str
    experiment_id: str
    status: str
    deleted: bool
    artifact_uri: str
    started_at: float | None = None
    ended_at: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunCounts:
    """How many runs there are by (experiment's name, status), and the experiments with too many runs to count."""

    counts: Mapping[tuple[str, str], int]
    uncounted: tuple[str, ...] = ()


def read_run(client: MlflowClient, run_id: str) -> Run | None:
    """The run, None where MLflow has none of this id."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - loads when first used

    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        if is_absence(error):
            return None
        raise
    info, data = run.info, run.data
    return Run(
        run_id=run_id,
        experiment_id=info.experiment_id,
        status=info.status,
        deleted=info.lifecycle_stage == "deleted",
        artifact_uri=info.artifact_uri,
        started_at=_seconds(info.start_time),
        ended_at=_seconds(info.end_time),
        metrics={name: value for name, value in data.metrics.items() if math.isfinite(value)},
        tags=dict(data.tags),
    )


def count_runs(client: MlflowClient) -> RunCounts:
    """The runs of every experiment by status.

    MLflow cannot count: it sends each run with all that was logged to it, at about a millisecond each. So at most
    RUNS_OF_AN_EXPERIMENT runs of one experiment are read and RUNS_IN_ALL of all, experiments changed last first; an
    experiment that has more is left out whole, since half a count would be wrong.
    """
    counts: Counter[tuple[str, str]] = Counter()
    uncounted = []
    for experiment in every(partial(client.search_experiments, order_by=["last_update_time DESC"]), PAGE):
        allowed = min(RUNS_OF_AN_EXPERIMENT, RUNS_IN_ALL - counts.total())
        statuses = _statuses(client, experiment.experiment_id, allowed)
        if statuses is None:
            uncounted.append(experiment.name)
        else:
            counts.update({(experiment.name, status): runs for status, runs in statuses.items()})
    return RunCounts(dict(counts), tuple(uncounted))


def _statuses(client: MlflowClient, experiment_id: str, allowed: int) -> Counter[str] | None:
    if allowed <= 0:
        return None
    runs = every(partial(client.search_runs, [experiment_id]), min(PAGE, allowed + 1))
    statuses = Counter(run.info.status for run in islice(runs, allowed + 1))
    return statuses if statuses.total() <= allowed else None


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
