from __future__ import annotations

import threading
from typing import Any

import pytest

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ModelNotFound, RegistryUnavailable
from mlflow_exporter.evaluation.catalogue import Catalogue
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.runs import RunCounts

NOW = 1_700_000_123.0


def test_before_the_first_refresh_nothing_is_known(memory_registry: Any) -> None:
    """A registry that was not asked yet is not taken for one without models."""
    catalogue = Catalogue(memory_registry(versions={"1": None}))
    assert not catalogue.state.up
    with pytest.raises(RegistryUnavailable, match="has not been read yet"):
        catalogue.resolve("churn", "1")


def test_the_last_answer_stays_while_the_registry_is_away(memory_registry: Any) -> None:
    """What it said before is still said, and that it is away is seen, until it answers again."""
    registry = memory_registry(versions={"1": None})
    catalogue = registry.catalogue()
    assert catalogue.state.up
    registry.away = True
    assert not catalogue.refresh().up
    assert catalogue.resolve("churn", "1").key == ModelKey("churn", "1")
    registry.away = False
    assert catalogue.refresh().up


def test_runs_that_cannot_be_counted_do_not_speak_for_the_registry(memory_registry: Any) -> None:
    """Counting that fails has an error of its own, and the registry stays up; the last counts stay too."""
    catalogue = memory_registry(versions={"1": None}).catalogue()
    counts = RunCounts({("churn", "FINISHED"): 3})
    catalogue.registry.run_counts = lambda: counts
    assert catalogue.count_runs().runs is counts
    catalogue.registry.away = True
    catalogue.registry.run_counts = catalogue.registry._answer
    state = catalogue.count_runs()
    assert (state.up, state.runs, str(state.runs_error)[:23]) == (True, counts, "http://mlflow:5000: MLf")


def test_a_refresh_does_not_wait_for_runs_to_be_counted(memory_registry: Any) -> None:
    """While counting takes its time the registry is read all the same."""
    catalogue = memory_registry(versions={"1": None}).catalogue()
    counting, may_end = threading.Event(), threading.Event()

    def count() -> RunCounts:
        counting.set()
        may_end.wait(30)
        return RunCounts({})

    catalogue.registry.run_counts = count
    counter = threading.Thread(target=catalogue.count_runs)
    counter.start()
    assert counting.wait(10)
    before = catalogue.state.snapshot
    refresher = threading.Thread(target=catalogue.refresh)
    refresher.start()
    refresher.join(10)
    assert catalogue.state.snapshot is not before
    may_end.set()
    counter.join(10)
    assert catalogue.state.runs is not None


@pytest.mark.slow
def test_a_model_of_a_real_registry_from_its_baseline_to_its_deletion(
    lab: Any, make_rows: Any, mlflow_server: str
) -> None:
    """The baseline comes from the version's run, a wrong digest is told, and so is a model that was deleted."""
    from mlflow import MlflowClient  # noqa: PLC0415 -- loads for seconds, and only this test needs it

    client, name = MlflowClient(mlflow_server), "catalogue-churn"
    run = client.create_run("0")
    client.create_registered_model(name)
    client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)
    registry = Registry(mlflow_server, timeout=30)
    registry.log_baseline(registry.snapshot().resolve(name, "1"), lab.baseline.packed)
    catalogue = Catalogue(registry)
    assert catalogue.refresh().up
    monitor = lab.monitor(lab.settings(name=name), catalogue)
    lab.append(make_rows(100, seed=2))
    evaluation = monitor.evaluate(NOW)
    assert (evaluation.success, evaluation.windows[-1].rows) == (True, 100), evaluation.problems
    assert evaluation.description.baseline_rows == lab.baseline.rows
    client.set_model_version_tag(name, "1", "mlflow_exporter.baseline.digest", "0" * 64)
    catalogue.refresh()
    assert "is gone from" in str(monitor.evaluate(NOW).problems[0])
    client.delete_registered_model(name)
    catalogue.refresh()
    with pytest.raises(ModelNotFound):
        catalogue.resolve(name, "1")
    assert "is not in the registry" in str(monitor.evaluate(NOW).problems[0])
