from __future__ import annotations

import pytest

from mlflow_exporter.state.store import Store
from mlflow_exporter.state.transaction import Transaction
from mlflow_exporter.state.waiting import Waiting, WaitingRoom


def _id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _room(transaction: Transaction, name: str) -> WaitingRoom:
    return {"predictions": transaction.waiting_predictions, "labels": transaction.waiting_labels}[name]


@pytest.mark.parametrize("name", ("predictions", "labels"))
def test_who_is_taken_waits_no_more(store: Store, name: str) -> None:
    """Many are found by id, once; ids that do not wait are not found."""
    many = [Waiting(_id(i), float(i), bytes([i % 256])) for i in range(1_300)]
    with store.transaction() as transaction:
        _room(transaction, name).add(1, many)
        _room(transaction, name).add(2, many[:1])
    with store.transaction() as transaction:
        taken = _room(transaction, name).take(1, [_id(i) for i in range(200, 2_000)])
        again = _room(transaction, name).take(1, [_id(i) for i in range(200, 2_000)])
        left = _room(transaction, name).count(1), _room(transaction, name).count(2)
    assert taken == {waiting.id: waiting for waiting in many[200:]}
    assert again == {}
    assert left == (200, 1)


@pytest.mark.parametrize("name", ("predictions", "labels"))
def test_the_first_of_two_with_one_id_stays(store: Store, name: str) -> None:
    """A second one does not replace the first."""
    with store.transaction() as transaction:
        room = _room(transaction, name)
        room.add(1, [Waiting(_id(1), 1.0, b"first"), Waiting(_id(1), 2.0, b"second")])
        room.add(1, [Waiting(_id(1), 3.0, b"third")])
        assert room.take(1, [_id(1)]) == {_id(1): Waiting(_id(1), 1.0, b"first")}


@pytest.mark.parametrize("name", ("predictions", "labels"))
def test_who_waits_too_long_is_forgotten(store: Store, name: str) -> None:
    """Those of before a time go."""
    with store.transaction() as transaction:
        room = _room(transaction, name)
        room.add(1, [Waiting(_id(i), float(i), b"") for i in range(10)])
        room.expire(1, before=4.0)
        assert sorted(room.take(1, list(map(_id, range(10))))) == list(map(_id, range(4, 10)))
