from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.instrument.blocks import Block
from mlflow_exporter.instrument.faults import Faults
from mlflow_exporter.instrument.jsonl import BLOCK_ROWS, JsonLines
from mlflow_exporter.instrument.privacy import Privacy, is_sampled
from mlflow_exporter.instrument.writing import Policy, Writer


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that a test moves."""
    return Clock()


@pytest.fixture
def make_writer(tmp_path: Path, clock: Clock) -> Callable[..., Writer]:
    """`make_writer(max_bytes=…, max_age=…, sample=…, create=…)`."""

    def make(max_bytes: int = 1_000_000, max_age: float = 10.0, sample: float = 1.0, create: Any = JsonLines) -> Writer:
        policy = Policy(Privacy((), (), None), sample, max_bytes, max_age, BLOCK_ROWS)
        return Writer(tmp_path, create, policy, Faults("log", lambda stage: None), clock)

    return make


def test_a_file_is_finished_when_it_is_old_enough(
    make_writer: Callable[..., Writer], batch: Any, rows_in: Any, tmp_path: Path, clock: Clock
) -> None:
    """Its age counts from its first row, and what comes then begins another."""
    writer = make_writer()
    writer.write([batch({"request_id": "a"})])
    clock.now += 9.9
    writer.rotate()
    assert rows_in(tmp_path) == []
    clock.now += 0.1
    writer.rotate()
    assert rows_in(tmp_path) == [{"request_id": "a"}]
    writer.write([batch({"request_id": "b"})])
    writer.finish()
    assert len(list(tmp_path.rglob("*.jsonl"))) == 2


def test_a_file_is_finished_when_it_is_large_enough(
    make_writer: Callable[..., Writer], batch: Any, rows_in: Any, tmp_path: Path
) -> None:
    """No file grows beyond its size by more than a block."""
    writer = make_writer(max_bytes=1_000)
    writer.write([batch(*({"request_id": f"{i:08}"} for i in range(1_000)))])
    writer.finish()
    files = list(tmp_path.rglob("*.jsonl"))
    assert len(files) > 10
    assert max(path.stat().st_size for path in files) < 1_000 + BLOCK_ROWS * 27
    assert sorted(int(row["request_id"]) for row in rows_in(tmp_path)) == list(range(1_000))


def test_a_sample_is_chosen_by_the_identifiers(
    make_writer: Callable[..., Writer], batch: Any, rows_in: Any, tmp_path: Path
) -> None:
    """Those rows are written that the hash chooses, and none of the others counts as lost."""
    names = [f"r{i}" for i in range(300)]
    lost: list[int] = []
    writer = make_writer(sample=0.3)
    writer.write([batch(*({"request_id": name} for name in names), lost=lost.append)])
    writer.finish()
    assert [row["request_id"] for row in rows_in(tmp_path)] == [name for name in names if is_sampled(name, 0.3)]
    assert lost == []


def test_a_row_that_cannot_be_written_is_lost_alone(
    make_writer: Callable[..., Writer], batch: Any, rows_in: Any, tmp_path: Path
) -> None:
    """Its neighbours in the block are written."""
    lost: list[int] = []
    writer = make_writer()
    writer.write([batch({"request_id": "a"}, {"x": {("no", "name"): 1}}, {"request_id": "b"}, lost=lost.append)])
    writer.finish()
    assert [row["request_id"] for row in rows_in(tmp_path)] == ["a", "b"]
    assert lost == [1]


class FullDisk(JsonLines):
    """Has room for one block in each file."""

    def append(self, blocks: Sequence[Block]) -> None:
        if self.size:
            raise OSError(28, "No space left on device")
        super().append(blocks)


def test_what_a_full_disk_does_not_take_is_counted(
    make_writer: Callable[..., Writer], batch: Any, rows_in: Any, tmp_path: Path
) -> None:
    """The file that was begun is finished, and the next block tries a new one."""
    lost: list[int] = []
    writer = make_writer(create=FullDisk)
    writer.write([batch(*({"request_id": i} for i in range(4 * BLOCK_ROWS)), lost=lost.append)])
    writer.finish()
    assert sum(lost) == 2 * BLOCK_ROWS
    assert len(rows_in(tmp_path)) == 2 * BLOCK_ROWS


class Poisoned(JsonLines):
    """Raises an exception of its own for a row."""

    def append(self, blocks: Sequence[Block]) -> None:
        if any("poison" in block.column("request_id") for block in blocks):
            raise ZeroDivisionError
        super().append(blocks)


def test_no_exception_of_a_row_ends_the_writer(
    make_writer: Callable[..., Writer], batch: Any, rows_in: Any, tmp_path: Path
) -> None:
    """Whatever it is, the row is counted as lost, and those around it are written."""
    lost: list[int] = []
    writer = make_writer(create=Poisoned)
    writer.write([batch({"request_id": 1}, {"request_id": "poison"}, {"request_id": 2}, lost=lost.append)])
    writer.finish()
    assert [row["request_id"] for row in rows_in(tmp_path)] == [1, 2]
    assert lost == [1]


class Stuck(JsonLines):
    """Cannot be finished as long as `error` is there; `tries` counts."""

    error: Exception | None = None
    tries = 0

    def finish(self) -> None:
        Stuck.tries += 1
        if Stuck.error is not None:
            raise Stuck.error
        super().finish()


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> type[Stuck]:
    """Files that the disk has no room to finish."""
    monkeypatch.setattr(Stuck, "error", OSError(28, "No space left on device"))
    monkeypatch.setattr(Stuck, "tries", 0)
    return Stuck


def test_a_file_that_cannot_be_finished_is_tried_again(
    make_writer: Callable[..., Writer], batch: Any, rows_in: Any, tmp_path: Path, clock: Clock, stuck: type[Stuck]
) -> None:
    """Once in a file's age, however large it is; it takes rows meanwhile, and loses none."""
    lost: list[int] = []
    writer = make_writer(create=stuck, max_bytes=10)
    for name in "abc":
        writer.write([batch({"request_id": name}, lost=lost.append)])
        writer.rotate()
    assert stuck.tries == 1
    assert not writer.finish()
    stuck.error = None
    clock.now += 9.9
    writer.rotate()
    assert rows_in(tmp_path) == []
    clock.now += 0.1
    writer.rotate()
    assert [row["request_id"] for row in rows_in(tmp_path)] == ["a", "b", "c"]
    assert writer.finish()
    assert lost == []


@pytest.mark.parametrize("error", (FileNotFoundError(2, "No such file or directory"), ZeroDivisionError()))
def test_the_rows_of_a_file_that_is_given_up_are_counted(
    make_writer: Callable[..., Writer], batch: Any, rows_in: Any, tmp_path: Path, stuck: type[Stuck], error: Exception
) -> None:
    """One that somebody removed, or that nothing can be made of; the next rows begin another."""
    lost: list[int] = []
    writer = make_writer(create=stuck)
    stuck.error = error
    writer.write([batch({"request_id": "a"}, {"request_id": "b"}, lost=lost.append)])
    assert writer.finish()
    assert lost == [2]
    stuck.error = None
    writer.write([batch({"request_id": "c"}, lost=lost.append)])
    writer.finish()
    assert rows_in(tmp_path) == [{"request_id": "c"}]
    assert lost == [2]
