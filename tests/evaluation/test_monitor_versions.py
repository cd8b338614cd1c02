"""Versions that change, and a registry that is away."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mlflow_exporter.errors import RegistryUnavailable
from mlflow_exporter.evaluation.monitor import Monitor
from mlflow_exporter.results import Evaluation

NOW = 1_700_000_123.0


def _followed(lab: Any, registry: Any) -> tuple[Monitor, Any]:
    catalogue = registry.catalogue()
    return lab.monitor(lab.settings(version="@champion"), catalogue), catalogue


def _state(evaluation: Evaluation) -> tuple[str, int, int]:
    assert evaluation.success, evaluation.problems
    assert evaluation.description is not None
    return evaluation.description.key.version, evaluation.windows[-1].rows, evaluation.rows_read["predictions"]


def _run_id(evaluation: Evaluation) -> str:
    assert evaluation.description is not None
    return evaluation.description.run_id


def test_an_alias_that_moves_goes_on_with_the_new_version(lab: Any, make_rows: Any, registry: Any) -> None:
    """Rows before the move are the old version's, rows after it the new one's; moved back, the old one goes on."""
    monitor, catalogue = _followed(lab, registry)
    rows = make_rows(600, seed=9)
    found = []
    for alias, part in (("1", rows[:100]), ("2", rows[100:300]), ("1", rows[300:])):
        registry.aliases = {"champion": alias}
        catalogue.refresh()
        lab.append(part)
        found.append(_state(monitor.evaluate(NOW)))
    assert found == [("1", 100, 100), ("2", 200, 300), ("1", 400, 600)]


def test_a_version_that_has_just_been_promoted_is_no_mistake(lab: Any, make_rows: Any, registry: Any) -> None:
    """Without a row of its own it succeeds where another version has rows; where none has any, that is told."""
    monitor, catalogue = _followed(lab, registry)
    lab.append(make_rows(300, seed=9)[:0])
    assert "no row of it has been counted yet" in str(monitor.evaluate(NOW).problems[0])
    lab.append(make_rows(300, seed=9))
    assert _state(monitor.evaluate(NOW)) == ("1", 300, 300)
    registry.aliases = {"champion": "2"}
    catalogue.refresh()
    for promoted in (monitor, lab.monitor(monitor.settings, catalogue)):
        assert _state(promoted.evaluate(NOW)) == ("2", 0, 300)


def test_each_version_is_compared_with_its_own_baseline(lab: Any, make_rows: Any, registry: Any) -> None:
    """The same rows are far from one version's baseline and near to the other's."""
    monitor, catalogue = _followed(lab, registry)
    detected = []
    for alias, seed in (("1", 7), ("2", 8)):
        registry.aliases = {"champion": alias}
        catalogue.refresh()
        lab.append(make_rows(500, seed=seed, shift=2))
        verdicts = monitor.evaluate(NOW).windows[-1].verdicts
        detected.append(next(score.detected for score in verdicts if score.column == "age"))
    assert detected == [True, False]


def test_a_new_baseline_has_the_history_read_anew(lab: Any, make_rows: Any, registry: Any) -> None:
    """Counts in other bins do not add up, so that a new baseline of the same version begins with the first row."""
    monitor, catalogue = _followed(lab, registry)
    rows = make_rows(600, seed=9)
    lab.append(rows[:400])
    assert _state(monitor.evaluate(NOW)) == ("1", 400, 400)
    registry.versions["1"] = registry.versions["2"]
    catalogue.refresh()
    lab.append(rows[400:])
    assert _state(monitor.evaluate(NOW)) == ("1", 600, 1_000)
    with lab.store.reading() as transaction:
        assert len(transaction.streams.of("churn")) == 1


def test_a_registry_that_goes_away_holds_nothing_up(lab: Any, make_rows: Any, registry: Any) -> None:
    """The version and its baseline are kept: by the running process, and by the state for the next one."""
    monitor, catalogue = _followed(lab, registry)
    rows = make_rows(300, seed=9)
    lab.append(rows[:100])
    monitor.evaluate(NOW)
    registry.away = True
    catalogue.refresh()
    lab.append(rows[100:200])
    assert _state(monitor.evaluate(NOW))[:2] == ("1", 200)
    lab.append(rows[200:])
    restarted, _ = _followed(lab, registry)
    assert _state(restarted.evaluate(NOW))[:2] == ("1", 300)
    known = restarted._watched
    restarted.evaluate(NOW)
    assert restarted._watched is known


def test_a_registry_that_was_never_there_is_told(lab: Any, make_rows: Any, registry: Any) -> None:
    """Without any answer an alias means nothing; as soon as there is one, everything is read."""
    registry.away = True
    monitor, catalogue = _followed(lab, registry)
    lab.append(make_rows(100, seed=9))
    silent = monitor.evaluate(NOW)
    assert (silent.success, silent.description) == (False, None)
    assert "it is away, and has not said yet which version '@champion' is" in str(silent.problems[0])
    registry.away = False
    catalogue.refresh()
    assert _state(monitor.evaluate(NOW))[:2] == ("1", 100)


def test_the_description_is_completed_when_the_registry_is_back(lab: Any, make_rows: Any, registry: Any) -> None:
    """What only the registry knows comes later, without anything being counted anew; it is asked for once."""
    monitor, _ = _followed(lab, registry)
    lab.append(make_rows(100, seed=9))
    monitor.evaluate(NOW)
    registry.away = True
    restarted, catalogue = _followed(lab, registry)
    assert _run_id(restarted.evaluate(NOW)) == ""
    registry.away = False
    catalogue.refresh()
    asked = registry.asked_for_runs
    assert _run_id(restarted.evaluate(NOW)) == "run1"
    restarted.evaluate(NOW)
    assert registry.asked_for_runs == asked + 1


def test_a_registry_that_falls_silent_is_asked_once_per_answer(
    lab: Any, make_rows: Any, registry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No evaluation waits again for a run that was not told before the registry has answered something else."""
    monitor, catalogue = _followed(lab, registry)
    lab.append(make_rows(100, seed=9))
    asked = []

    def silent(version: Any) -> None:
        asked.append(version)
        raise RegistryUnavailable("MLflow does not answer", where="http://mlflow:5000", mend="start it")

    with monkeypatch.context() as patched:
        patched.setattr(registry, "run", silent)
        for _ in range(3):
            assert _state(monitor.evaluate(NOW))[:2] == ("1", 100)
        assert len(asked) == 1
        catalogue.refresh()
        monitor.evaluate(NOW)
        assert len(asked) == 2
    catalogue.refresh()
    monitor.evaluate(NOW)
    monitor.evaluate(NOW)
    assert registry.asked_for_runs == 1


def test_a_model_that_is_deleted_has_nothing_left(lab: Any, make_rows: Any, registry: Any) -> None:
    """Its windows vanish with its description, the reason is told, and it comes back with its counts."""
    monitor, catalogue = _followed(lab, registry)
    lab.append(make_rows(100, seed=9))
    monitor.evaluate(NOW)
    versions, registry.versions = registry.versions, {}
    catalogue.refresh()
    gone = monitor.evaluate(NOW + 60)
    assert (gone.success, gone.windows, gone.description, gone.last_success_at) == (False, (), None, NOW)
    assert "model 'churn': is not in the registry" in str(gone.problems[0])
    registry.versions = versions
    catalogue.refresh()
    assert _state(monitor.evaluate(NOW)) == ("1", 100, 100)


def test_a_version_without_a_baseline_is_counted_all_the_same(lab: Any, make_rows: Any, registry: Any) -> None:
    """Task and classes of the configuration are enough for predictions and performance; nothing is begun anew."""
    registry.versions["1"] = None
    monitor, _ = _followed(lab, registry)
    lab.append(make_rows(100, seed=9))
    evaluation = monitor.evaluate(NOW)
    assert _state(evaluation)[:2] == ("1", 100)
    assert evaluation.windows[-1].predictions.confidence_mean is not None
    known = monitor._watched
    monitor.evaluate(NOW)
    assert monitor._watched is known


def test_a_baseline_that_is_damaged_is_told(lab: Any, registry: Any) -> None:
    """Bytes that are no baseline give an error that names the version."""
    registry.baselines = dict.fromkeys(registry.baselines, b"nothing")
    monitor, _ = _followed(lab, registry)
    evaluation = monitor.evaluate(NOW)
    assert not evaluation.success
    assert "baseline of churn/1: these bytes are no stored profile" in str(evaluation.problems[0])


def test_a_log_without_ids_is_taken_again_by_the_version_that_had_it(lab: Any, make_rows: Any, registry: Any) -> None:
    """Rows are then known by their values, of which several may be equal."""
    columns = {key: name for key, name in lab.settings().predictions.columns.model_dump().items() if key != "id"}
    catalogue = registry.catalogue()
    settings = lab.settings(version="@champion", predictions={"columns": columns}, features={"exclude": ["request_id"]})
    monitor = lab.monitor(settings, catalogue)
    rows = make_rows(200, seed=9, span=250)
    rows = pd.concat([rows, rows[:50]]).assign(request_id="-")

    def count(version: str) -> int:
        registry.aliases = {"champion": version}
        catalogue.refresh()
        return int(monitor.evaluate(NOW).windows[-1].rows)

    lab.append(rows[:100])
    assert count("1") == 100
    lab.append(rows[100:])
    assert count("2") == 150
    registry.versions["1"] = registry.versions["2"]
    assert count("1") == 100
    lab.append(rows[:10])
    assert count("1") == 110
    assert count("2") == 150


def test_a_version_that_nothing_is_left_of_is_forgotten(lab: Any, make_rows: Any, registry: Any) -> None:
    """Once its rows have expired, its stream and the copy of its baseline go, and the current one's stay."""
    catalogue = registry.catalogue()
    monitor = lab.monitor(lab.settings(version="@champion"), catalogue)
    lab.append(make_rows(100, seed=9))
    monitor.evaluate(NOW)
    registry.aliases = {"champion": "2"}
    catalogue.refresh()
    for days, versions in ((0, ["1", "2"]), (7, ["1", "2"]), (9, ["2"])):
        monitor.evaluate(NOW + days * 86_400)
        with lab.store.reading() as transaction:
            assert [known.version for known in transaction.streams.of("churn")] == versions
            kept = [number for number in ("1", "2") if transaction.baselines.of("churn", number)]
        assert kept == versions
