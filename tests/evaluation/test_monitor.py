"""What fails, hangs or is shared, and what is published all the same."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sql

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.evaluation.monitor import Monitor
from mlflow_exporter.results import Evaluation
from mlflow_exporter.sources.files import Files

NOW = 1_700_000_123.0
HOUR = 3_600.0
DAY = 24 * HOUR


def _state(evaluation: Evaluation) -> tuple[str, int, int]:
    assert evaluation.success, evaluation.problems
    assert evaluation.description is not None
    return evaluation.description.key.version, evaluation.windows[-1].rows, evaluation.rows_read["predictions"]


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


def test_what_another_exporter_counts_meanwhile_is_seen(
    lab: Any, make_rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that it commits while this one reads are in this one's windows and in the rows it says were read."""
    lab.append(make_rows(200, seed=1))
    here, there = lab.monitor(), lab.monitor()
    here.evaluate(NOW)
    there.evaluate(NOW)
    read, later = Files.poll, [make_rows(100, seed=2)]

    def interrupted(files: Files, positions: Any, types: Any) -> Any:
        yield from read(files, positions, types)
        if later:
            lab.append(later.pop(), lab.folder / "log2.csv")
            there.evaluate(NOW)

    monkeypatch.setattr(Files, "poll", interrupted)
    evaluation = here.evaluate(NOW)
    assert {window.rows for window in evaluation.windows[1:]} == {300} == set(evaluation.rows_read.values())


@pytest.mark.parametrize("restarted", (False, True))
def test_one_row_that_is_dated_today_does_not_end_a_replay(lab: Any, make_rows: Any, restarted: bool) -> None:
    """It is counted and seen, and windows go on to end where the replay has come to, after a restart too."""
    settings = lab.settings(clock="event", windows=["24h"])
    monitor = lab.monitor(settings)
    rows = make_rows(300, seed=2, end=NOW - 1_000 * 24 * HOUR)
    ends = []
    for part in (rows[:100], make_rows(1, seed=3), rows[100:200], rows[200:]):
        lab.append(part)
        monitor = lab.monitor(settings) if restarted else monitor
        evaluation = monitor.evaluate(NOW)
        ends.append(evaluation.windows[0].end)
    assert ends == pytest.approx([rows["ts"].iloc[i] for i in (99, 99, 199, 299)])
    assert evaluation.windows[0].rows == 301
    assert evaluation.last_prediction_at == pytest.approx(NOW, abs=DAY)
