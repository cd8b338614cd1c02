from __future__ import annotations

from typing import Any

import pytest
from mlflow.entities import Metric

from mlflow_exporter.registry import runs as module

# MLflow's own queries use what SQLAlchemy 2.1 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")


@pytest.fixture
def experiment(alone: Any, request: pytest.FixtureRequest) -> tuple[str, str]:
    """The name and id of a new experiment with two finished runs, one failed and one still running."""
    name = f"été {request.node.name}"
    experiment_id = alone.client.create_experiment(name)
    for status in ("FINISHED", "FINISHED", "FAILED", None):
        run = alone.client.create_run(experiment_id)
        if status:
            alone.client.set_terminated(run.info.run_id, status)
    return name, experiment_id


def test_a_run_has_its_training_metrics(workshop: Any) -> None:
    """The last value of each metric; what is NaN or infinite is absent."""
    run_id = workshop.run()
    metrics = [Metric("auc", 0.7, 0, 0), Metric("auc", 0.8, 1, 1), Metric("loss", float("nan"), 0, 0)]
    workshop.client.log_batch(run_id, [*metrics, Metric("été/λ", -1.5, 0, 0)])
    workshop.client.set_tag(run_id, "team", "küche")
    run = workshop.registry.run(workshop.version(workshop.model(), run_id))

    assert run.metrics == {"auc": 0.8, "été/λ": -1.5}
    assert (run.run_id, run.status, run.deleted, run.tags["team"]) == (run_id, "RUNNING", False, "küche")
    assert (run.started_at > 1.6e9, run.ended_at) == (True, None)


def test_a_version_without_run_has_none(workshop: Any, sent: list[str]) -> None:
    """No run id, no call."""
    version = workshop.version(workshop.model())
    sent.clear()

    assert (workshop.registry.run(version), sent) == (None, [])


def test_a_deleted_run_is_read_and_a_purged_one_is_none(workshop: Any) -> None:
    """A deleted run still has its metrics and says that it is deleted; a run that is gone is no error."""
    deleted, purged = workshop.run(), workshop.version(workshop.model(), "0123456789abcdef0123456789abcdef", "s3://b/m")
    version = workshop.version(workshop.model(), deleted)
    workshop.client.delete_run(deleted)

    assert workshop.registry.run(version).deleted
    assert workshop.registry.run(purged) is None


def test_runs_are_counted_by_experiment_and_status(alone: Any, experiment: tuple[str, str]) -> None:
    """Each status of an experiment is counted; deleted runs are not."""
    name, experiment_id = experiment
    gone = alone.client.create_run(experiment_id)
    alone.client.delete_run(gone.info.run_id)
    counts = alone.registry.run_counts().counts

    mine = {status: runs for (of, status), runs in counts.items() if of == name}
    assert mine == {"FINISHED": 2, "FAILED": 1, "RUNNING": 1}


def test_counting_goes_on_over_pages(alone: Any, experiment: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Experiments with more runs than a page, and more experiments than a page, are counted whole."""
    whole = alone.registry.run_counts()
    monkeypatch.setattr(module, "PAGE", 1)

    assert alone.registry.run_counts() == whole
    assert whole.counts[experiment[0], "FINISHED"] == 2


@pytest.mark.parametrize(
    ("limit", "runs", "counted"),
    (("RUNS_OF_AN_EXPERIMENT", 4, True), ("RUNS_OF_AN_EXPERIMENT", 3, False), ("RUNS_IN_ALL", 0, False)),
)
def test_an_experiment_beyond_the_limit_is_left_out_whole(
    alone: Any,
    experiment: tuple[str, str],
    limit: str,
    runs: int,
    counted: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Too many runs to count leave no half count, but the experiment's name."""
    monkeypatch.setattr(module, limit, runs)
    found = alone.registry.run_counts()
    name = experiment[0]

    assert ((name, "FINISHED") in found.counts, name in found.uncounted) == (counted, not counted)
