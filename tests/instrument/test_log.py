from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq
import pytest
from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument import Monitor, PredictionLog

PACKAGE = Path(__file__).parents[2] / "exporter"
WRITES_UNTIL_KILLED = """
import os, sys
from mlflow_exporter.instrument import PredictionLog
log = PredictionLog(sys.argv[1], max_age=3600)
for i in range(501):
    log.write("churn", 3, [{"request_id": f"{sys.argv[2]}-{i}"}])
while not any(path.stat().st_size for path in log.folder.rglob(f".*-{os.getpid()}-*.jsonl")):
    pass
print("written", flush=True)
sys.stdin.read()
"""
ENDS_BY_ITSELF = """
import sys
from mlflow_exporter.instrument import PredictionLog
log = PredictionLog(sys.argv[1], format=sys.argv[2])
log.write("churn", 3, [{"request_id": str(i)} for i in range(100)])
"""


def start(program: str, *args: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    command = [sys.executable, "-c", program, *args]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def read_numbers(path: Path) -> list[float]:
    """The column x of a file of either format."""
    if path.suffix == ".parquet":
        return [row["x"] for row in pq.read_table(path).to_pylist()]
    return [json.loads(line)["x"] for line in path.read_text().splitlines()]


def test_rows_are_in_a_finished_file_after_a_flush(log: PredictionLog, batch: Any, rows_in: Any) -> None:
    """All of them, once, in the order in which they came."""
    for i in range(1_000):
        log.put(batch({"request_id": i}))
    assert log.flush(10)
    log.put(batch({"request_id": 1_000}))
    assert log.flush(10)
    assert [row["request_id"] for row in rows_in(log.folder)] == list(range(1_001))


def test_closing_writes_what_is_waiting(tmp_path: Path, batch: Any, rows_in: Any) -> None:
    """Whatever comes later is lost, and counted."""
    lost: list[int] = []
    with PredictionLog(tmp_path) as log:
        log.put(batch({"request_id": 1}))
    log.put(batch({"request_id": 2}, lost=lost.append))
    log.close()
    assert [row["request_id"] for row in rows_in(tmp_path)] == [1]
    assert lost == [1]


@pytest.mark.parametrize("format", ("jsonl", "parquet"))
def test_a_program_that_ends_has_written_everything(tmp_path: Path, rows_in: Any, format: str) -> None:  # noqa: A002
    """Nobody has to close the log."""
    process = start(ENDS_BY_ITSELF, str(tmp_path), format)
    process.communicate(timeout=60)
    assert process.returncode == 0
    (path,) = (tmp_path / "churn" / "3").iterdir()
    assert path.suffix == f".{format}"
    assert format == "parquet" or len(rows_in(tmp_path)) == 100


def test_what_a_killed_process_wrote_is_recovered_once(tmp_path: Path, rows_in: Any, batch: Any) -> None:
    """The next log of the folder finishes it, line by line as it was told, while a living one's file stays."""
    killed, living = (start(WRITES_UNTIL_KILLED, str(tmp_path), name) for name in ("killed", "living"))
    for process in (killed, living):
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
    kill(killed)
    for _ in range(2):
        with PredictionLog(tmp_path) as log:
            log.put(batch({"request_id": "next"}))
    names = Counter(row["request_id"] for row in rows_in(tmp_path))
    assert names.pop("next") == 2
    assert set(names.values()) == {1}
    assert {name.split("-")[0] for name in names} == {"killed"}
    assert sorted(int(name.split("-")[1]) for name in names) == list(range(len(names)))
    living.communicate(timeout=60)
    assert any(row["request_id"] == "living-500" for row in rows_in(tmp_path))


def test_files_that_are_too_old_are_deleted_once_an_hour(tmp_path: Path, batch: Any) -> None:
    """Finished ones of the log alone; nothing where nobody said how long to keep them."""

    def old(name: str) -> Path:
        path = tmp_path / "churn" / "2" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (1_000, 1_000))
        return path

    def run(log: PredictionLog) -> None:
        log.put(batch({"request_id": 1}))
        assert log.flush(10)

    finished, others = [old("a.jsonl"), old("b.parquet")], old("notes.txt")
    with PredictionLog(tmp_path) as log:
        run(log)
    assert all(path.exists() for path in finished)
    now = [0.0]
    with PredictionLog(tmp_path, keep=3600, clock=lambda: now[0]) as log:
        run(log)
        assert not any(path.exists() for path in finished)
        again = old("d.jsonl")
        now[0] = 3_599.0
        run(log)
        run(log)
        assert again.exists()
        now[0] = 3_600.0
        run(log)
        run(log)
        assert not again.exists()
    assert others.exists()
    assert len(list((tmp_path / "churn" / "3").iterdir())) == 6


def test_a_fork_shares_the_folder_and_nothing_else(tmp_path: Path, batch: Any, rows_in: Any) -> None:
    """Rows that wait in the parent are the parent's, and the child writes its own, with a thread of its own."""
    with PredictionLog(tmp_path) as log:
        log.put(batch({"request_id": "before"}))
        child = os.fork()
        if child == 0:
            log.put(batch({"request_id": "child"}))
            log.close()
            os._exit(0)
        log.put(batch({"request_id": "parent"}))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert Counter(row["request_id"] for row in rows_in(tmp_path)) == {"before": 1, "child": 1, "parent": 1}


def test_many_threads_lose_nothing(log: PredictionLog, batch: Any, rows_in: Any) -> None:
    """Each row of each thread is written once."""

    def work(name: int) -> None:
        for i in range(500):
            log.put(batch({"request_id": f"{name}-{i}"}))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.flush(20)
    assert len({row["request_id"] for row in rows_in(log.folder)}) == len(rows_in(log.folder)) == 4_000


@pytest.mark.parametrize(
    ("options", "complaint"),
    (
        ({"sample": 1.5}, "share from 0 to 1"),
        ({"max_age": 0}, "above 0"),
        ({"queue_rows": -1}, "above 0"),
        ({"keep": 0}, "above 0"),
        ({"hashed": ["phone"]}, "secret key"),
        ({"format": "xml"}, "jsonl or parquet"),
    ),
)
def test_options_that_make_no_sense_are_refused(tmp_path: Path, options: dict[str, Any], complaint: str) -> None:
    """At the start of the server, not at its first prediction."""
    with pytest.raises(ValueError, match=complaint):
        PredictionLog(tmp_path, **options)


@pytest.mark.parametrize("format", ("jsonl", "parquet"))
def test_a_number_of_any_size_is_logged(
    tmp_path: Path,
    registry: CollectorRegistry,
    value: Any,
    format: Literal["jsonl", "parquet"],  # noqa: A002
) -> None:
    """Nor does it end the log: what comes later is written, and only what no number can hold is lost, and counted."""
    with PredictionLog(tmp_path, format=format) as log:
        monitor = Monitor("churn", 3, registry=registry, log=log)
        for number in (1, 2**63, 2**70, 10**5000, 2):
            with monitor.monitored() as call:
                call.inputs({"x": number})
                call.outputs(1)
        assert log.flush(10)
    found = [read_numbers(path) for path in sorted((tmp_path / "churn" / "3").iterdir())]
    assert [number for numbers in found for number in numbers] == [1, 2**63, 2**70, 2]
    assert value("ml_prediction_log_dropped_total") == 1
