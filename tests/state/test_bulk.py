from __future__ import annotations

import sqlalchemy as sql

from mlflow_exporter.state import bulk, tables
from mlflow_exporter.state.store import Store
from mlflow_exporter.state.transaction import Transaction

TABLE = tables.waiting_labels
IDS = [number.to_bytes(16, "big") for number in range(70_000)]


def _connection(transaction: Transaction) -> sql.engine.Connection:
    return transaction.waiting_labels.connection


def test_more_rows_than_one_statement_takes(store: Store) -> None:
    """All are inserted, found and deleted by id, in one stream only, with every value as it was."""
    many = ([1] * len(IDS), IDS, [i / 3 for i in range(len(IDS))], [bytes([i % 256, 0]) for i in range(len(IDS))])
    with store.transaction() as transaction:
        connection = _connection(transaction)
        bulk.insert_new(connection, TABLE, many)
        bulk.insert_new(connection, TABLE, ([2], IDS[:1], [0.5], [b"other"]))
        found = bulk.select_ids(connection, TABLE, 1, IDS)
        assert sorted(map(tuple, found)) == list(zip(*many[1:], strict=True))
        assert bulk.delete_ids(connection, TABLE, 1, IDS[5:]) == len(IDS) - 5
        assert [len(bulk.select_ids(connection, TABLE, stream, IDS)) for stream in (1, 2)] == [5, 1]


def test_no_rows_are_no_statement(store: Store) -> None:
    """Nothing is inserted, found or deleted."""
    with store.transaction() as transaction:
        connection = _connection(transaction)
        bulk.insert_new(connection, TABLE, ([], [], [], []))
        assert bulk.select_ids(connection, TABLE, 1, []) == []
        assert bulk.delete_ids(connection, TABLE, 1, []) == 0


def test_a_key_that_is_there_stays_as_it_is(store: Store) -> None:
    """Among the rows themselves too, the first counts."""
    with store.transaction() as transaction:
        connection = _connection(transaction)
        bulk.insert_new(connection, TABLE, ([1, 1], [IDS[0], IDS[0]], [1.0, 2.0], [b"first", b"second"]))
        bulk.insert_new(connection, TABLE, ([1], [IDS[0]], [3.0], [b"third"]))
        assert [tuple(row) for row in bulk.select_ids(connection, TABLE, 1, IDS[:1])] == [(IDS[0], 1.0, b"first")]
