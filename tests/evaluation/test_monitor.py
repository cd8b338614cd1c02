"""Versions that change, a registry that is away, and whatever a log may have wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sql

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import RegistryUnavailable
from mlflow_exporter.evaluation.monitor import Monitor
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.results import Evaluation

NOW = 1_700_000_123.0
HOUR = 3_600.0


@pytest.fixture(scope="session")
def champions(make_rows: Any, make_baseline: Any, tmp_path_factory: pytest.TempPathFactory) -> list[Baseline]:
    """The baselines of two versions, the second's rows shifted."""
    folder = tmp_path_factory.mktemp("champions")
    rows = [make_rows(2_000, seed=seed, shift=seed).drop(columns=["request_id", "ts", "latency"]) for seed in (1, 2)]
    return [make_baseline(folder, each) for each in rows]


@pytest.fixture
def registry(champions: list[Baseline], memory_registry: Any) -> Any:
    """A registry with two versions, each with its own baseline, the first of them the champion."""
    digests = {str(i): baseline.digest for i, baseline in enumerate(champions, 1)}
    return memory_registry({each.digest: each.packed for each in champions}, digests, {"champion": "1"})


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
    assert "which version '@champion' is has never been told" in str(silent.problems[0])
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


# What a log may have wrong: each case changes 100 good rows, and says what is refused or reported.


def _typed(rows: pd.DataFrame, column: str, values: dict[int, Any]) -> pd.DataFrame:
    changed = rows.astype({column: object})
    for row, value in values.items():
        changed.loc[row, column] = value
    return changed


REFUSED: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str, str]] = {
    "future_timestamp": (lambda r: _typed(r, "ts", {3: NOW + 600}), "1", "is in the future"),
    "invalid_timestamp": (lambda r: _typed(r, "ts", {3: "yesterday"}), "1", "'yesterday' is not a time"),
    "missing_timestamp": (lambda r: _typed(r, "ts", {3: None}), "1", "ts is empty"),
    "unknown_class": (lambda r: _typed(r, "prediction", {3: "2", 4: "maybe"}), "2", "'2' is none of ['0', '1']"),
    "missing_prediction": (lambda r: _typed(r, "prediction", {3: None}), "1", "prediction is empty"),
    "invalid_probabilities": (lambda r: _typed(r, "p0", {3: 0.999}), "1", "not to 1"),
    "missing_id": (lambda r: _typed(r, "request_id", {3: None}), "1", "request_id is empty"),
    "duplicate_id": (lambda r: _typed(r, "request_id", {3: "2-2"}).assign(ts=r["ts"].iloc[0]), "1", "has been counted"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_rows_that_make_no_sense_are_refused_with_an_example(lab: Any, make_rows: Any, reason: str) -> None:
    """Each bad row is counted under its reason, with a file, a row and a value, and the others are evaluated."""
    change, count, said = REFUSED[reason]
    rows = make_rows(100, seed=2)
    rows.loc[3, ["p0", "p1"]] = [0.2, 0.8]
    lab.append(change(rows))
    evaluation = lab.evaluate()
    assert evaluation.rejected == {reason: int(count)}
    assert evaluation.windows[-1].rows == 100 - int(count)
    example = evaluation.rejection_examples[reason]
    assert example.startswith(f"{lab.log}, lines 2–101, row 4: ")
    assert said in example


def _broken_quote(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    lines[10] = b'"' + lines[10]
    path.write_bytes(b"\n".join(lines))


def _mixed_encodings(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    lines[10] = lines[10].replace(b"2-9", "zürich".encode("latin-1"))
    path.write_bytes(b"\n".join(lines))


@pytest.mark.parametrize(("spoil", "reason"), ((_broken_quote, "malformed"), (_mixed_encodings, "encoding")))
def test_lines_that_are_no_rows_are_counted(
    lab: Any, make_rows: Any, spoil: Callable[[Path], None], reason: str
) -> None:
    """A broken quote and another encoding cost their own line, and are told with its number."""
    lab.append(make_rows(100, seed=2))
    spoil(lab.log)
    evaluation = lab.evaluate()
    assert evaluation.windows[-1].rows == 99
    assert evaluation.rejected == {reason: 1}
    assert "line 11" in evaluation.rejection_examples[reason]
    assert evaluation.rows_read == {"predictions": 100}


def _cut_in_half(lab: Any, rows: pd.DataFrame) -> None:
    path = lab.folder / "log-2.parquet"
    rows.drop(columns="churned").to_parquet(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


REPORTED: dict[str, tuple[Callable[[Any, pd.DataFrame], None], str]] = {
    "missing file": (lambda lab, _: None, "log*: no file is there; check the path"),
    "no rows": (lambda lab, rows: lab.append(rows[:0]), "log*: no row of it has been counted yet"),
    "cut in half": (_cut_in_half, "log-2.parquet: is cut off or still being written"),
    "renamed column": (
        lambda lab, rows: rows.drop(columns="churned").rename(columns={"age": "ages"}).to_csv(lab.log, index=False),
        "column 'age': 100 of 100 rows in 24h come from files without it",
    ),
    "another type": (
        lambda lab, rows: lab.append(rows.assign(age="old")),
        "column 'age': 100 of 100 values in 24h are not of the baseline's type, float",
    ),
}


@pytest.mark.parametrize("case", REPORTED)
def test_what_is_wrong_with_a_log_is_reported(lab: Any, make_rows: Any, case: str) -> None:
    """The evaluation is marked as failed, and says what is wrong and where."""
    write, said = REPORTED[case]
    write(lab, make_rows(100, seed=2))
    evaluation = lab.evaluate(lab.settings(windows=["24h"]))
    assert not evaluation.success
    assert any(said in str(problem) for problem in evaluation.problems), evaluation.problems


def test_a_state_without_room_fails_the_evaluation_and_loses_nothing(lab: Any, make_rows: Any) -> None:
    """While the disk is full the last numbers stay; with room again each row is counted once."""
    monitor = lab.monitor()
    rows = make_rows(4_000, seed=2)
    lab.append(rows[:100])
    monitor.evaluate(NOW)
    pages = ["60"]
    sql.event.listen(lab.store._engine, "connect", lambda c, _: c.execute(f"PRAGMA max_page_count = {pages[0]}"))
    lab.store.close()
    lab.append(rows[100:])
    full = monitor.evaluate(NOW + 1)
    assert (full.success, full.windows[-1].rows) == (False, 100)
    assert "database or disk is full; make room on its disk" in str(full.problems[0])
    pages[0] = "1000000"
    lab.store.close()
    assert _state(monitor.evaluate(NOW + 2)) == ("1", 4_000, 4_000)


def test_a_failure_after_the_poll_loses_no_row(lab: Any, make_rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that were committed before an evaluation failed are in the next one's windows."""
    monitor = lab.monitor()
    rows = make_rows(300, seed=2)
    lab.append(rows[:100])
    monitor.evaluate(NOW)
    lab.append(rows[100:200])
    with monkeypatch.context() as patched:
        patched.setattr(Monitor, "_measure", lambda *_: 1 / 0)
        failed = monitor.evaluate(NOW)
    assert not failed.success
    assert "ZeroDivisionError: division by zero; this is a mistake of the exporter" in str(failed.problems[0])
    lab.append(rows[200:])
    assert _state(monitor.evaluate(NOW)) == ("1", 300, 300)


def test_an_evaluation_under_way_for_too_long_keeps_the_last_numbers(lab: Any, make_rows: Any) -> None:
    """What is published meanwhile has the windows of the last one, and says how long it has taken."""
    monitor = lab.monitor()
    lab.append(make_rows(100, seed=2))
    done = monitor.evaluate(NOW)
    meanwhile = monitor.unfinished(NOW + 600, 600.0)
    assert "under way for 600 seconds; raise `evaluation.timeout`" in str(meanwhile.problems[0])
    assert dataclasses.replace(meanwhile, problems=(), success=True, finished_at=NOW) == done


def test_a_number_of_a_version_needs_no_registry(lab: Any, make_rows: Any) -> None:
    """A version named by its number is known, also where the registry has never answered."""
    lab.registry.away = True
    data = {"source": "files", "path": "reference.parquet"}
    make_rows(200, seed=1).drop(columns=["request_id", "ts", "latency"]).to_parquet(lab.folder / "reference.parquet")
    lab.append(make_rows(100, seed=2))
    evaluation = lab.evaluate(lab.settings(version="7", baseline={"data": data}))
    assert evaluation.description.key == ModelKey("churn", "7")
    assert evaluation.windows[-1].rows == 100


def test_events_of_a_replay_end_its_windows(lab: Any, make_rows: Any) -> None:
    """With the clock of events, windows end at the newest row, whatever the wall clock says."""
    rows = make_rows(500, seed=2, end=NOW - 1_000 * 24 * HOUR, span=48 * HOUR)
    lab.append(rows)
    evaluation = lab.evaluate(lab.settings(clock="event", windows=["24h"]))
    window = evaluation.windows[0]
    assert window.end == evaluation.last_prediction_at == pytest.approx(rows["ts"].max())
    assert window.start is not None
    assert window.rows == int((rows["ts"] >= window.start).sum()) < 500
    assert np.isclose(window.end - window.start, 24 * HOUR, atol=HOUR)


def test_two_exporters_on_one_state_show_the_same_windows(lab: Any, make_rows: Any) -> None:
    """What another process counted is in this one's windows too, and in all of them."""
    lab.append(make_rows(200, seed=1))
    here, there = lab.monitor(), lab.monitor()
    here.evaluate(NOW)
    there.evaluate(NOW)
    lab.append(make_rows(100, seed=2))
    there.evaluate(NOW)
    assert {window.rows for window in here.evaluate(NOW).windows[1:]} == {300}
    assert {window.rows for window in there.evaluate(NOW).windows[1:]} == {300}
