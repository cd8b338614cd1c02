from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from mlflow_exporter.errors import StateError
from mlflow_exporter.sources.files import Files

NOW = 1_700_000_123.0


def _rows(lab: Any, settings: Any = None) -> dict[str, Any]:
    """What one poll finds, and what is in the week after it."""
    watched = lab.watched(settings)
    poll = watched.poll(NOW)
    total = watched.windows(poll, NOW)[-1].summary
    rejected = {rejection.reason: rejection.rows for rejection in poll.rejections}
    return {"rows": total.rows, "rejected": rejected, "problems": [problem.what for problem in poll.problems]}


def _without_ids(lab: Any) -> Any:
    columns = {"timestamp": "ts", "prediction": "prediction"}
    return lab.settings(predictions={"columns": columns}, features={"exclude": ["request_id", "latency"]})


@pytest.fixture(params=("ids", "no ids"))
def settings(request: pytest.FixtureRequest, lab: Any) -> Any:
    """A log with ids, and one without."""
    return lab.settings() if request.param == "ids" else _without_ids(lab)


def test_a_file_that_grows_is_read_on(lab: Any, settings: Any, make_rows: Any) -> None:
    """Each poll counts the new rows only, and an unchanged file nothing."""
    rows = make_rows(300, seed=2)
    found = []
    for part in (rows[:100], rows[100:101], rows[:0], rows[101:]):
        lab.append(part)
        found.append(_rows(lab, settings)["rows"])
    assert found == [100, 101, 101, 300]


def test_half_a_line_waits_without_a_complaint(lab: Any, settings: Any, make_rows: Any) -> None:
    """A last line without an end is no row yet, and no problem either."""
    lab.append(make_rows(100, seed=2))
    content = lab.log.read_bytes()
    lab.log.write_bytes(content[:-20])
    assert _rows(lab, settings) == {"rows": 99, "rejected": {}, "problems": []}
    assert _rows(lab, settings) == {"rows": 99, "rejected": {}, "problems": []}
    lab.log.write_bytes(content)
    assert _rows(lab, settings) == {"rows": 100, "rejected": {}, "problems": []}


def test_a_file_that_is_touched_is_not_read_again(lab: Any, settings: Any, make_rows: Any) -> None:
    """Another time of change alone counts nothing and reports nothing."""
    lab.append(make_rows(100, seed=2))
    _rows(lab, settings)
    os.utime(lab.log, (1, 1))
    assert _rows(lab, settings) == {"rows": 100, "rejected": {}, "problems": []}


def test_a_renamed_file_is_known_again(lab: Any, settings: Any, make_rows: Any) -> None:
    """Rotation: the old file under its new name goes on, the new one begins."""
    rows = make_rows(300, seed=2)
    lab.append(rows[:100])
    _rows(lab, settings)
    lab.append(rows[100:150])
    lab.log.rename(lab.folder / "log-1.csv")
    lab.append(rows[150:])
    assert _rows(lab, settings) == {"rows": 300, "rejected": {}, "problems": []}


def test_a_truncated_file_that_goes_on_with_new_rows(lab: Any, settings: Any, make_rows: Any) -> None:
    """Copy and truncate: rows that were counted stay, the new ones are counted, and it is reported."""
    rows = make_rows(300, seed=2)
    lab.append(rows[:100])
    _rows(lab, settings)
    lab.log.unlink()
    lab.append(rows[100:])
    found = _rows(lab, settings)
    assert (found["rows"], found["rejected"]) == (300, {})
    assert "replaced" in found["problems"][0]


def test_a_replaced_file_with_some_of_the_old_rows(lab: Any, settings: Any, make_rows: Any) -> None:
    """What comes again is told from what is new: no row twice, none lost."""
    rows = make_rows(300, seed=2)
    lab.append(rows[:200])
    _rows(lab, settings)
    lab.log.unlink()
    lab.append(rows[120:])
    found = _rows(lab, settings)
    assert (found["rows"], found["rejected"]) == (300, {"already_counted": 80})


def test_a_file_rewritten_with_the_same_beginning_goes_on(lab: Any, settings: Any, make_rows: Any) -> None:
    """A program that writes the whole file anew each time is the same as one that appends."""
    rows = make_rows(300, seed=2)
    lab.append(rows[:100])
    _rows(lab, settings)
    lab.log.unlink()
    lab.append(rows)
    assert _rows(lab, settings) == {"rows": 300, "rejected": {}, "problems": []}


def test_a_file_replaced_again_and_again(lab: Any, settings: Any, make_rows: Any) -> None:
    """Over many generations of overlapping content each row counts once."""
    rows = make_rows(300, seed=2)
    for first in range(0, 250, 25):
        lab.log.unlink(missing_ok=True)
        lab.append(rows[first : first + 75])
        _rows(lab, settings)
    assert _rows(lab, settings)["rows"] == 300


def test_equal_rows_without_ids_are_all_counted(lab: Any, make_rows: Any) -> None:
    """Two equal rows may both be true; read again, as many are known as there were."""
    row = make_rows(1, seed=2)
    lab.append(pd.concat([row] * 3))
    settings = _without_ids(lab)
    assert _rows(lab, settings) == {"rows": 3, "rejected": {}, "problems": []}
    lab.log.unlink()
    lab.append(pd.concat([make_rows(1, seed=3), *[row] * 5]))
    found = _rows(lab, settings)
    assert (found["rows"], found["rejected"]) == (6, {"already_counted": 3})


def test_an_id_that_comes_twice_is_counted_once(lab: Any, make_rows: Any) -> None:
    """Duplicates are refused within a chunk and across chunks and files, and their share is known."""
    rows = make_rows(100, seed=2)
    lab.append(pd.concat([rows, rows[:10]]))
    first = _rows(lab)
    lab.append(rows[10:20], lab.folder / "log-2.csv")
    second = _rows(lab)
    assert (first["rows"], first["rejected"]) == (100, {"duplicate_id": 10})
    assert (second["rows"], second["rejected"]) == (100, {"duplicate_id": 10})
    assert lab.watched().windows(lab.watched().poll(NOW), NOW)[-1].summary.duplicates == 20


def test_a_missing_column_stops_its_file_only_and_loses_nothing(lab: Any, make_rows: Any) -> None:
    """A renamed column is told with the nearest name; once it is there again every row is counted."""
    rows = make_rows(100, seed=2)
    lab.append(rows[:50])
    renamed = lab.folder / "log-2.csv"
    rows[50:].drop(columns="churned").rename(columns={"prediction": "predictions"}).to_csv(renamed, index=False)
    watched = lab.watched()
    poll = watched.poll(NOW)
    assert watched.windows(poll, NOW)[-1].summary.rows == 50
    assert str(poll.problems[0]) == (
        f"{renamed}: there is no column 'prediction', so none of it is read; name it in `columns`; "
        "did you mean 'predictions'?"
    )
    renamed.unlink()
    lab.append(rows[50:], renamed)
    assert _rows(lab)["rows"] == 100


def test_a_damaged_row_group_stops_its_file_until_it_is_mended(lab: Any, make_rows: Any) -> None:
    """What comes before the damage is counted, what comes after it waits, other files go on."""
    rows = make_rows(300, seed=2)
    path = lab.folder / "log-1.parquet"
    rows[:200].drop(columns="churned").to_parquet(path, row_group_size=50, index=False)
    lab.append(rows[200:])
    intact = path.read_bytes()
    group = pq.ParquetFile(path).metadata.row_group(2)
    last = group.column(group.num_columns - 1).data_page_offset
    path.write_bytes(intact[:last] + b"\xff" * 10 + intact[last + 10 :])
    found = _rows(lab)
    assert found["rows"] == 200
    assert "is damaged" in found["problems"][0]
    path.write_bytes(intact)
    assert _rows(lab) == {"rows": 300, "rejected": {}, "problems": []}


def test_two_processes_on_one_state_count_once(lab: Any, make_rows: Any) -> None:
    """Whoever counts a chunk that another has counted in the meantime is undone, and says so."""
    lab.append(make_rows(100, seed=2))
    first, second = lab.watched(), lab.watched()

    class Late(Files):
        """Lets the other process poll while its own poll is under way."""

        def poll(self, *arguments: Any) -> Any:
            for chunk in super().poll(*arguments):
                first.poll(NOW)
                yield chunk

    object.__setattr__(second.reader, "predictions", Late(lab.settings().predictions.path))
    with pytest.raises(StateError, match="another process reads it with the same state"):
        second.poll(NOW)
    assert _rows(lab)["rows"] == 100


@pytest.mark.parametrize(("took", "expected"), ((900.0, {}), (0.0, {"future_timestamp": 50})))
def test_rows_written_during_a_long_poll_are_counted(
    lab: Any, make_rows: Any, took: float, expected: dict[str, int]
) -> None:
    """Whether a time is in the future is told by the clock when its row is read, not when the poll began."""
    lab.append(make_rows(50, seed=2))
    lab.append(make_rows(50, seed=3, end=NOW + 900, span=60))
    watched = lab.watched()
    times = iter([5.0])
    object.__setattr__(watched.reader, "clock", lambda: next(times, 5.0 + took))
    poll = watched.poll(NOW)
    assert {rejection.reason: rejection.rows for rejection in poll.rejections} == expected
    assert watched.windows(poll, NOW)[-1].summary.rows == 100 - sum(expected.values())


def test_the_oldest_rows_of_a_window_are_known_as_long_as_it_has_them(lab: Any, settings: Any, make_rows: Any) -> None:
    """A file replaced in the middle of the hour that the longest window begins in has no row of it counted twice."""
    now = NOW - NOW % 3_600 + 3_000
    tail = make_rows(50, seed=5, end=now - 7 * 86_400 - 600, span=1_200)
    lab.append(tail)
    monitor = lab.monitor(settings)
    assert monitor.evaluate(now).windows[-1].rows == 50
    lab.log.unlink()
    lab.append(pd.concat([make_rows(1, seed=99, end=now, span=10), tail]))
    evaluation = monitor.evaluate(now + 60)
    assert (evaluation.windows[-1].rows, evaluation.rejected) == (51, {"already_counted": 50})


def test_rows_that_are_too_old_are_refused(lab: Any, make_rows: Any) -> None:
    """What no window can reach any more is counted as expired."""
    rows = make_rows(100, seed=2, span=14 * 86_400)
    lab.append(rows)
    found = _rows(lab)
    old = int((rows["ts"] < NOW - 7 * 86_400).sum())
    assert found["rejected"]["expired"] == pytest.approx(old, abs=1)
    assert found["rows"] == 100 - found["rejected"]["expired"]


def _json_lines(rows: pd.DataFrame, path: Path) -> None:
    path.write_text("".join(row.dropna().to_json() + "\n" for _, row in rows.iterrows()))


def test_json_lines_may_leave_out_the_label(lab: Any, make_rows: Any) -> None:
    """A key that is left out is an empty value, not a missing column."""
    columns = {"timestamp": "ts", "prediction": "prediction", "label": "churned"}
    settings = lab.settings(predictions={"columns": columns}, features={"exclude": ["request_id", "latency"]})
    _json_lines(make_rows(20, seed=2).drop(columns="churned"), lab.folder / "log.jsonl")
    assert _rows(lab, settings) == {"rows": 20, "rejected": {}, "problems": []}


def test_a_renamed_label_is_missed(lab: Any, make_rows: Any) -> None:
    """A column of nearly the label's name, instead of it, is taken for a mistake before any row is counted."""
    columns = {"timestamp": "ts", "prediction": "prediction", "label": "churned"}
    settings = lab.settings(predictions={"columns": columns}, features={"exclude": ["request_id", "latency"]})
    _json_lines(make_rows(20, seed=2).rename(columns={"churned": "churn"}), lab.folder / "log.jsonl")
    found = _rows(lab, settings)
    assert found["rows"] == 0
    assert "there is no column 'churned'" in found["problems"][0]
