"""What is joined outside the state's write lock, and what happens to it then; numbers are in test_labels.py."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mlflow_exporter.errors import StateError
from mlflow_exporter.evaluation import joins
from mlflow_exporter.state.store import Store
from mlflow_exporter.state.transaction import Transaction
from mlflow_exporter.state.waiting import WaitingRoom

NOW = 1_700_000_123.0


def _labelled(lab: Any) -> tuple[int, int | None]:
    week = lab.evaluate(lab.labelled()).windows[-1]
    return week.rows, week.labelled_rows


def test_whoever_looks_for_labels_holds_no_lock(lab: Any, make_rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others write while predictions and labels are matched, which takes longest."""
    rows = make_rows(100, seed=2)
    written: list[bool] = []

    def find(room: WaitingRoom, *arguments: Any, original: Any = WaitingRoom.find) -> Any:
        other = threading.Thread(target=_write, args=(lab.store, written))
        other.start()
        other.join(5)
        assert not other.is_alive()
        return original(room, *arguments)

    monkeypatch.setattr(WaitingRoom, "find", find)
    lab.append(rows)
    lab.append_labels(rows)
    assert _labelled(lab) == (100, 100)
    assert len(written) == 2


def _write(store: Store, written: list[bool]) -> None:
    with store.transaction() as transaction:
        transaction.counters.add("another", "read", {"labels": 1})
    written.append(True)


def test_what_another_process_counts_meanwhile_is_joined(
    lab: Any, make_rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Predictions that come between the matching of labels and their commit get them all the same."""
    rows = make_rows(100, seed=2)
    settings = lab.labelled()
    here, there = lab.watched(settings), lab.watched(settings)
    lab.append_labels(rows)
    met: list[bool] = []

    @contextmanager
    def transaction(original: Any = lab.store.transaction) -> Iterator[Transaction]:
        if not met:
            met.append(True)
            lab.append(rows)
            labels = lab.labels.rename(lab.folder / "away")
            there.poll(NOW)
            labels.rename(lab.labels)
        with original() as opened:
            yield opened

    monkeypatch.setattr(lab.store, "transaction", transaction)
    here.poll(NOW)
    assert met
    assert _labelled(lab) == (100, 100)


def test_many_early_labels_wait_a_few_at_a_time(lab: Any, make_rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for all of them; each waits once, and finds its prediction."""
    rows, sizes = make_rows(100, seed=2), []

    def add(room: WaitingRoom, stream: int, waiting: Any, original: Any = WaitingRoom.add) -> None:
        sizes.append(len(waiting.ids))
        original(room, stream, waiting)

    monkeypatch.setattr(joins, "_MANY", 30)
    monkeypatch.setattr(WaitingRoom, "add", add)
    lab.append(rows[:0])
    lab.append_labels(rows)
    lab.evaluate(lab.labelled())
    assert sizes == [30, 30, 30, 10]
    lab.append(rows)
    assert _labelled(lab) == (100, 100)


def test_no_label_waits_in_a_stream_that_was_dropped(lab: Any, make_rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the first of many, which wait before they are counted: nobody would ever look for them there."""
    watched = lab.watched(lab.labelled())
    monkeypatch.setattr(joins, "_MANY", 30)
    lab.append_labels(make_rows(100, seed=2))
    with lab.store.transaction() as transaction:
        transaction.streams.drop(watched.stream.number)
    with pytest.raises(StateError, match="has begun to count it anew"):
        watched.poll(NOW)
    with lab.store.reading() as transaction:
        assert not transaction.waiting_labels.count(watched.stream.number)
