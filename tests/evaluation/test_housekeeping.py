from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.errors import StateError

NOW = 1_700_000_123.0
DAY = 86_400.0


def _known(lab: Any) -> list[str]:
    with lab.store.reading() as transaction:
        return sorted(Path(item).name for item in transaction.positions.of("churn", "predictions"))


@pytest.mark.parametrize("clock", ("wall", "event"))
def test_files_that_vanished_are_forgotten_when_their_rows_have_expired(lab: Any, make_rows: Any, clock: str) -> None:
    """Not before; files that are there stay known, and one that comes back afterwards is not counted again."""
    settings = lab.settings(windows=["24h"], clock=clock, predictions={"path": "log*.csv"})
    monitor, files = lab.monitor(settings), {}
    for day in range(4):
        path = files[day] = lab.folder / f"log-{day}.csv"
        lab.append(make_rows(50, seed=day, end=NOW + day * DAY), path)
        evaluation = monitor.evaluate(NOW + day * DAY)
        if day == 0:
            content = path.read_bytes()
        path.unlink() if day < 2 else None
    assert evaluation.rows_read == {"predictions": 200}
    assert _known(lab) == ["log-2.csv", "log-3.csv"]
    lab.append(make_rows(50, seed=9, end=NOW + 30 * DAY), lab.folder / "log-9.csv")
    monitor.evaluate(NOW + 30 * DAY)
    assert _known(lab) == ["log-2.csv", "log-3.csv", "log-9.csv"]
    files[0].write_bytes(content)
    back = monitor.evaluate(NOW + 30 * DAY)
    assert back.windows[0].rows == 50
    assert back.rejected == {"expired": 50}


def test_a_folder_that_is_away_is_not_taken_for_deleted_files(lab: Any, make_rows: Any) -> None:
    """While nothing is found under a path its positions stay, and no row is counted again when it is back."""
    settings = lab.settings(windows=["24h"], predictions={"path": "log*.csv"})
    monitor = lab.monitor(settings)
    lab.append(make_rows(50, seed=1))
    monitor.evaluate(NOW)
    lab.log.rename(lab.folder / "away")
    monitor.evaluate(NOW + 30 * DAY)
    assert _known(lab) == ["log.csv"]
    (lab.folder / "away").rename(lab.log)
    assert monitor.evaluate(NOW + 30 * DAY).rows_read == {"predictions": 50}


def test_a_stream_that_another_exporter_has_just_begun_is_left_to_it(lab: Any) -> None:
    """Though nothing is counted in it yet: who was displaced keeps no house."""
    watched = lab.watched()
    with lab.store.transaction() as transaction:
        transaction.streams.drop(watched.stream.number)
        begun = transaction.streams.open("churn", "1", "another baseline")
    with pytest.raises(StateError, match="has begun to count it anew"):
        watched.housekeeping.keep(watched.scale(NOW), NOW)
    with lab.store.reading() as transaction:
        assert [known.number for known in transaction.streams.of("churn")] == [begun]
