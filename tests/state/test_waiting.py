from __future__ import annotations

from collections.abc import Sequence

import pytest

from mlflow_exporter.errors import StateError
from mlflow_exporter.state.store import Store
from mlflow_exporter.state.transaction import Transaction
from mlflow_exporter.state.waiting import Waiting, WaitingRoom


def _id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _room(transaction: Transaction, name: str) -> WaitingRoom:
    return {"predictions": transaction.waiting_predictions, "labels": transaction.waiting_labels}[name]


def _waiting(numbers: range, payload: bytes = b"x") -> Waiting:
    return Waiting([_id(i) for i in numbers], [float(i) for i in numbers], [payload * (i % 3) for i in numbers])


@pytest.mark.parametrize("name", ("predictions", "labels"))
def test_who_is_taken_waits_no_more(store: Store, name: str) -> None:
    """Many are found by id, until they are taken; ids that do not wait are not found."""
    asked = [_id(i) for i in range(200, 100_000)]
    with store.transaction() as transaction:
        room = _room(transaction, name)
        room.add(1, _waiting(range(70_000)))
        room.add(2, _waiting(range(1)))
        found = room.find(1, asked)
    expected = _waiting(range(200, 70_000))
    assert sorted(zip(*_columns(found), strict=True)) == list(zip(*_columns(expected), strict=True))
    with store.transaction() as transaction:
        room = _room(transaction, name)
        room.take(1, found.ids)
        assert room.find(1, asked) == Waiting()
        assert (room.count(1), room.count(2)) == (200, 1)


def _columns(waiting: Waiting) -> tuple[Sequence[object], ...]:
    return waiting.ids, waiting.at, waiting.payloads


@pytest.mark.parametrize("name", ("predictions", "labels"))
def test_who_was_taken_by_somebody_else_undoes_the_transaction(store: Store, name: str) -> None:
    """Of two processes that join the same pair, the second counts nothing."""

    def take(numbers: range) -> None:
        with store.transaction() as transaction:
            _room(transaction, name).add(1, _waiting(range(7, 8)))
            _room(transaction, name).take(1, _waiting(numbers).ids)

    with store.transaction() as transaction:
        _room(transaction, name).add(1, _waiting(range(3)))
    take(range(2))
    with pytest.raises(StateError, match="another process has joined the same predictions and labels"):
        take(range(1, 3))
    with store.reading() as transaction:
        assert sorted(_room(transaction, name).find(1, _waiting(range(9)).ids).ids) == [_id(2), _id(7)]


@pytest.mark.parametrize("name", ("predictions", "labels"))
def test_the_first_of_two_with_one_id_stays(store: Store, name: str) -> None:
    """A second one does not replace the first."""
    with store.transaction() as transaction:
        room = _room(transaction, name)
        room.add(1, Waiting([_id(1), _id(1)], [1.0, 2.0], [b"first", b"second"]))
        room.add(1, Waiting([_id(1)], [3.0], [b"third"]))
        assert room.find(1, [_id(1)]) == Waiting((_id(1),), (1.0,), (b"first",))


@pytest.mark.parametrize("name", ("predictions", "labels"))
def test_those_of_one_stream_move_to_another(store: Store, name: str) -> None:
    """They wait there and no more here; one whose id waits there already is dropped, and other streams keep theirs."""
    with store.transaction() as transaction:
        room = _room(transaction, name)
        room.add(1, _waiting(range(3)))
        room.add(2, Waiting([_id(2)], [9.0], [b"there"]))
        room.add(3, _waiting(range(3)))
        room.move(1, into=2)
        assert [room.count(stream) for stream in (1, 2, 3)] == [0, 3, 3]
        assert room.find(2, [_id(2)]) == Waiting((_id(2),), (9.0,), (b"there",))


@pytest.mark.parametrize("name", ("predictions", "labels"))
def test_who_waits_too_long_is_forgotten(store: Store, name: str) -> None:
    """Those of before a time go, of one stream."""
    with store.transaction() as transaction:
        room = _room(transaction, name)
        for stream in (1, 2):
            room.add(stream, _waiting(range(10)))
        room.expire(1, before=4.0)
        assert sorted(room.find(1, _waiting(range(10)).ids).ids) == list(map(_id, range(4, 10)))
        assert room.count(2) == 10
