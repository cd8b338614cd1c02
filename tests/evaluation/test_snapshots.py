from __future__ import annotations

from typing import Any

import pytest

from mlflow_exporter.evaluation.snapshots import READ_FROM, RETRY_SECONDS

NOW = 1_700_000_123.0
MODE = {"mode": "snapshot"}
COLUMNS = {"id": "request_id", "timestamp": "ts", "prediction": "prediction", "probabilities": {"0": "p0", "1": "p1"}}


def test_a_changed_file_is_the_new_window(lab: Any, make_rows: Any) -> None:
    """What the file has now is counted, and nothing of what it had; unchanged it is not read."""
    settings = lab.settings(predictions=MODE)
    lab.append(make_rows(100, seed=2))
    assert lab.evaluate(settings).windows[0].rows == 100
    assert lab.evaluate(settings).rows_read == {"predictions": 100}
    lab.log.unlink()
    lab.append(make_rows(60, seed=3))
    evaluation = lab.evaluate(settings)
    assert (evaluation.windows[0].window.name, evaluation.windows[0].rows) == ("snapshot", 60)
    assert evaluation.rows_read == {"predictions": 160}


def test_a_running_monitor_follows_a_snapshot(lab: Any, make_rows: Any) -> None:
    """The sums of a process that goes on are begun anew with the file."""
    monitor = lab.monitor(lab.settings(predictions=MODE))
    for rows in (100, 60, 80):
        lab.log.unlink(missing_ok=True)
        lab.append(make_rows(rows, seed=rows))
        assert monitor.evaluate(1.7e9).windows[0].rows == rows


def test_a_snapshot_that_was_not_read_to_its_end_starts_over(lab: Any, make_rows: Any) -> None:
    """After a stop between two chunks nothing is counted twice."""
    settings = lab.settings(predictions=MODE)
    for i in range(4):
        lab.append(make_rows(50, seed=i), lab.folder / f"log-{i}.csv")
    monitor = lab.monitor(settings)
    monitor.evaluate(1.7e9)
    with lab.store.transaction() as transaction:
        transaction.positions.forget("churn", READ_FROM)
    evaluation = lab.evaluate(settings)
    assert evaluation.windows[0].rows == 200
    assert evaluation.rejected == {}


def test_labels_that_grow_are_joined_again(lab: Any, make_rows: Any) -> None:
    """A label file beside a snapshot that changes has the whole snapshot read again, once."""
    rows = make_rows(100, seed=2)
    settings = lab.labelled(predictions=MODE)
    lab.append(rows)
    for labelled in (40, 60):
        lab.append_labels(rows[labelled - 40 : labelled])
        week = lab.evaluate(settings).windows[0]
        assert (week.rows, week.labelled_rows) == (100, labelled)


def test_a_snapshot_with_a_bad_file_is_read_again_when_it_is_mended(lab: Any, make_rows: Any) -> None:
    """A file in the place of one that could not be read is a change like any other."""
    settings = lab.settings(predictions=MODE)
    lab.append(make_rows(100, seed=2))
    bad = lab.folder / "log-2.parquet"
    bad.write_bytes(b"PAR1 and nothing more")
    first = lab.evaluate(settings)
    assert (first.success, first.windows[0].rows) == (False, 100)
    make_rows(20, seed=3).drop(columns="churned").to_parquet(bad)
    second = lab.evaluate(settings)
    assert (second.success, second.windows[0].rows) == (True, 120)


def _with_a_bad_file(lab: Any, make_rows: Any) -> Any:
    lab.append(make_rows(100, seed=2))
    (lab.folder / "log-2.parquet").write_bytes(b"PAR1 and nothing more")
    return lab.settings(predictions=MODE)


def test_a_lasting_problem_is_told_each_time_and_read_once(lab: Any, make_rows: Any) -> None:
    """As long as no file changes nothing is read again, by a process that goes on or a new one, and all is told."""
    settings = _with_a_bad_file(lab, make_rows)
    monitor = lab.monitor(settings)
    found = [monitor.evaluate(NOW), monitor.evaluate(NOW + 60), lab.evaluate(settings, NOW + 120)]
    assert [each.rows_read for each in found] == [{"predictions": 100}] * 3
    assert [each.windows[0].rows for each in found] == [100] * 3
    assert [each.success for each in found] == [False] * 3
    assert found[0].problems == found[1].problems == found[2].problems


def test_a_problem_that_no_file_shows_is_looked_at_again(lab: Any, make_rows: Any) -> None:
    """Permissions may be given without a file that changes: once an hour a snapshot with a problem is read anew."""
    settings = _with_a_bad_file(lab, make_rows)
    found = [lab.evaluate(settings, NOW + seconds) for seconds in (0, RETRY_SECONDS - 1, RETRY_SECONDS)]
    assert [each.rows_read["predictions"] for each in found] == [100, 100, 200]
    assert [each.windows[0].rows for each in found] == [100] * 3


def test_a_snapshot_is_read_again_where_its_columns_are(lab: Any, make_rows: Any) -> None:
    """Labels and segments that are configured afterwards are counted though no file changed."""
    make_rows(600, seed=2).to_csv(lab.log, index=False)
    assert lab.evaluate(lab.settings(predictions=MODE)).windows[0].labelled_rows is None
    columns = {**COLUMNS, "label": "churned"}
    for changes in ({}, {"segments": ["region"]}):
        settings = lab.settings(predictions={**MODE, "columns": columns}, **changes)
        window = lab.evaluate(settings).windows[0]
        assert (window.rows, window.labelled_rows) == (600, 600)
    assert {segment.segment for segment in window.segments} == {f"region={each}" for each in ("north", "south", "east")}
    assert lab.evaluate(settings).rows_read == {"predictions": 1_800}


@pytest.mark.parametrize("has_rows", (True, False))
def test_an_empty_snapshot_is_told(lab: Any, make_rows: Any, has_rows: bool) -> None:
    """A file with a header and no row gives an error that names it."""
    lab.append(make_rows(10 if has_rows else 0, seed=2))
    evaluation = lab.evaluate(lab.settings(predictions=MODE))
    assert evaluation.success is has_rows
    if not has_rows:
        assert "log*: no row of it has been counted yet" in str(evaluation.problems[0])
