from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.domain import ModelKey, Problem
from mlflow_exporter.errors import SourceError
from mlflow_exporter.instrument import PredictionLog
from mlflow_exporter.instrument.parts import Part
from mlflow_exporter.sources.log import ORPHAN_SECONDS, Log
from mlflow_exporter.sources.source import Position

KEY = ModelKey("churn/eu", "3")


class Poller:
    """Polls as the exporter does, and keeps the positions and what was read."""

    def __init__(self, source: Log) -> None:
        self._source = source
        self.positions: dict[str, Position] = {}
        self.read: Counter[str] = Counter()
        self.problems: list[Problem] = []

    def poll(self) -> Counter[str]:
        """What has been read in all."""
        for found in self._source.poll(self.positions, {}):
            if isinstance(found, Problem):
                self.problems.append(found)
                continue
            self.positions[found.item] = found.position
            if found.rows:
                self.read.update(found.read(["request_id"])["request_id"].to_pylist())
        return self.read


def lines(*names: str) -> bytes:
    return b"".join(json.dumps({"request_id": name}).encode() + b"\n" for name in names)


def age(folder: Path, seconds: float) -> None:
    for path in folder.rglob("*.jsonl"):
        os.utime(path, (path.stat().st_mtime - seconds,) * 2)


def test_every_row_of_the_version_is_read_once(tmp_path: Path) -> None:
    """File by file as they are finished, of this version only."""
    poller = Poller(Log([str(tmp_path)], KEY))
    with PredictionLog(tmp_path) as log:
        for i in range(5):
            log.write("churn/eu", 3, [{"request_id": str(i)}])
            log.write("churn/eu", 4, [{"request_id": "another version's"}])
            assert log.flush(10)
            assert poller.poll() == {str(j): 1 for j in range(i + 1)}
    assert poller.poll() == {str(j): 1 for j in range(5)}


@pytest.mark.parametrize("format", ("jsonl", "parquet"))
def test_both_formats_are_read(tmp_path: Path, format: Any) -> None:  # noqa: A002 -- the log's word
    """Whatever the server was told to write."""
    with PredictionLog(tmp_path, format=format) as log:
        log.write("churn/eu", 3, [{"request_id": "a"}, {"request_id": "b"}])
    assert Poller(Log([str(tmp_path)], KEY)).poll() == {"a": 1, "b": 1}


def test_what_a_killed_process_left_is_read_once_whoever_finishes_it(tmp_path: Path) -> None:
    """It is left alone while it may be written, read where it is after a minute, and known when it is finished."""
    folder = tmp_path / KEY.folder
    part = Part(folder, ".jsonl")
    part.append(lines("a", "b") + b'{"request_id":"cut')
    poller = Poller(Log([str(tmp_path)], KEY))
    assert not poller.poll()
    part.close()
    age(tmp_path, ORPHAN_SECONDS + 1)
    assert poller.poll() == poller.poll() == {"a": 1, "b": 1}
    with PredictionLog(tmp_path) as log:
        log.write(KEY.name, KEY.version, [{"request_id": "c"}])
    assert not list(folder.glob(".*"))
    assert poller.poll() == poller.poll() == {"a": 1, "b": 1, "c": 1}


def test_what_a_killed_process_left_is_no_log_that_has_not_begun(tmp_path: Path) -> None:
    """A folder that has nothing else is read without any problem; one that has nothing to read is told."""
    part = Part(tmp_path / KEY.folder, ".jsonl")
    part.append(lines("a"))
    poller = Poller(Log([str(tmp_path)], KEY))
    assert not poller.poll()
    assert [problem.what for problem in poller.problems] == ["no file is there"]
    age(tmp_path, ORPHAN_SECONDS + 1)
    poller.problems.clear()
    assert poller.poll() == {"a": 1}
    assert not poller.problems
    part.close()


def test_a_slow_writers_file_goes_on_where_it_was_read(tmp_path: Path) -> None:
    """One that was taken for dead and writes on costs and repeats no row."""
    part = Part(tmp_path / KEY.folder, ".jsonl")
    poller = Poller(Log([str(tmp_path)], KEY))
    part.append(lines("a"))
    age(tmp_path, ORPHAN_SECONDS + 1)
    assert poller.poll() == {"a": 1}
    part.append(lines("b"))
    part.finish()
    assert poller.poll() == {"a": 1, "b": 1}


def test_a_log_that_has_not_begun_is_told(tmp_path: Path) -> None:
    """No rows, and where they were looked for."""
    poller = Poller(Log([str(tmp_path)], KEY))
    assert poller.poll() == {}
    assert KEY.folder in str(poller.problems[0])


def test_several_folders_are_one_log(tmp_path: Path) -> None:
    """As where each host has a volume of its own."""
    for host in ("one", "two"):
        with PredictionLog(tmp_path / host) as log:
            log.write("churn/eu", 3, [{"request_id": host}])
    assert Poller(Log([str(tmp_path / "one"), str(tmp_path / "two")], KEY)).poll() == {"one": 1, "two": 1}


def test_the_items_are_those_of_all_versions(tmp_path: Path) -> None:
    """A version that is not watched now may be watched again, and its files are still there."""
    with PredictionLog(tmp_path) as log:
        log.write("churn/eu", 3, [{"request_id": "a"}])
        log.write("churn/eu", 4, [{"request_id": "b"}])
        log.write("other", 1, [{"request_id": "c"}])
    items = Log([str(tmp_path)], KEY).items()
    assert set(items or ()) == {str(path) for path in (tmp_path / "churn%2Feu").rglob("*.jsonl")}


def test_the_fingerprint_changes_with_the_log(tmp_path: Path) -> None:
    """And with nothing else."""
    source = Log([str(tmp_path)], KEY)
    before = source.fingerprint()
    assert source.fingerprint() == before
    with PredictionLog(tmp_path) as log:
        log.write("churn/eu", 3, [{"request_id": "a"}])
    assert source.fingerprint() != before


def test_an_address_is_no_folder() -> None:
    """It is told before anything is read."""
    with pytest.raises(SourceError, match="not a path"):
        Log(["s3://bucket/logs"], KEY)
