"""The prediction log on a disk that is slow, full or not there."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from mlflow_exporter.instrument import PredictionLog, parquet
from mlflow_exporter.instrument.blocks import Block
from mlflow_exporter.instrument.jsonl import JsonLines


def full(*arguments: Any) -> None:
    raise OSError(28, "No space left on device")


def test_rows_beyond_the_queue_are_dropped_while_the_disk_is_slow(
    tmp_path: Path, batch: Any, rows_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits, memory is bounded, and every row is either written or counted."""
    disk = threading.Event()
    lost: list[int] = []
    append = JsonLines.append

    def slow(lines: JsonLines, blocks: Sequence[Block]) -> None:
        disk.wait(30)
        append(lines, blocks)

    monkeypatch.setattr(JsonLines, "append", slow)
    with PredictionLog(tmp_path, queue_rows=100) as log:
        for i in range(1_000):
            log.put(batch({"request_id": i}, lost=lost.append))
        assert sum(lost) >= 800
        assert log._waiting_rows <= 200
        assert not log.flush(0.01)
        disk.set()
    assert len(rows_in(tmp_path)) + sum(lost) == 1_000


def test_a_batch_job_waits_rather_than_lose(tmp_path: Path, batch: Any, rows_in: Any) -> None:
    """With `wait`, a queue of ten rows is enough for any number, and for a batch larger than itself."""
    lost: list[int] = []
    with PredictionLog(tmp_path, queue_rows=10, wait=True) as log:
        for i in range(100):
            log.put(batch(*({"request_id": 10 * i + j} for j in range(10)), lost=lost.append))
        log.put(batch(*({"request_id": 1_000 + j} for j in range(50)), lost=lost.append))
    assert sorted(row["request_id"] for row in rows_in(tmp_path)) == list(range(1_050))
    assert lost == []


def test_a_file_size_limit_is_a_full_disk(tmp_path: Path, batch: Any, rows_in: Any) -> None:
    """What the system refuses to take is counted, what it took is whole, and the log goes on."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
        lost: list[int] = []
        with PredictionLog(tmp_path) as log:
            # Blocks of 64 rows: 1,600 bytes fit into a file once.
            for i in range(4):
                log.put(batch(*({"request_id": f"{i}-{j:05}"} for j in range(64)), lost=lost.append))
                log.flush(10)
            log.put(batch(*({"request_id": f"{i:0300}"} for i in range(64)), lost=lost.append))
        os.write(writer, str(sum(lost)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 10) == b"64"
    assert len(rows_in(tmp_path)) == 4 * 64
    os.close(reader)
    os.close(writer)


def test_a_folder_that_cannot_be_written_costs_rows_only(tmp_path: Path, batch: Any) -> None:
    """The log starts all the same, counts, and writes once the folder is there."""
    (tmp_path / "logs").write_text("a file where the folder should be")
    lost: list[int] = []
    with PredictionLog(tmp_path / "logs") as log:
        log.put(batch({"request_id": 1}, {"request_id": 2}, lost=lost.append))
        assert log.flush(10)
        assert sum(lost) == 2
        (tmp_path / "logs").unlink()
        log.put(batch({"request_id": 3}, lost=lost.append))
    assert sum(lost) == 2


def test_the_thread_outlives_whatever_is_raised(log: PredictionLog, batch: Any, rows_in: Any) -> None:
    """Also where counting what was lost fails, as it does in several processes on a full disk."""
    log.put(batch({"x": {("no", "name"): 1}}, lost=full))
    assert log.flush(10)
    log.put(batch({"request_id": "next"}))
    assert log.flush(10)
    assert rows_in(log.folder) == [{"request_id": "next"}]


def test_a_flush_tells_that_the_disk_is_full(tmp_path: Path, batch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not become Parquet does at the next try; nothing is lost or left beside it."""
    lost: list[int] = []

    with PredictionLog(tmp_path, format="parquet", max_age=3600) as log:
        log.put(batch({"x": 1}, lost=lost.append))
        with monkeypatch.context() as disk:
            disk.setattr(pq.ParquetWriter, "write_table", full)
            assert not log.flush(10)
        log.put(batch({"x": 2}, lost=lost.append))
        assert log.flush(10)
    (path,) = (tmp_path / "churn" / "3").iterdir()
    assert pq.read_table(path)["x"].to_pylist() == [1, 2]
    assert lost == []


def test_what_a_full_disk_left_is_recovered_by_the_next_log(
    tmp_path: Path, batch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that ends lets go of it."""
    with PredictionLog(tmp_path, format="parquet") as log, monkeypatch.context() as disk:
        disk.setattr(pq.ParquetWriter, "write_table", full)
        log.put(batch({"x": 1}))
        log.close()
    (part,) = (tmp_path / "churn" / "3").iterdir()
    assert part.suffix == parquet.STREAM
    (recovered,) = parquet.recover_tables(tmp_path)
    assert pq.read_table(recovered)["x"].to_pylist() == [1]
