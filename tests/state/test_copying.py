"""Copies of a whole state, between both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sql

from mlflow_exporter.errors import StateError
from mlflow_exporter.state import tables
from mlflow_exporter.state.buckets import Bucket
from mlflow_exporter.state.copying import copy_state
from mlflow_exporter.state.store import Store


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with a few rows, in each kind of database."""
    opened = Store(url)
    with opened.transaction() as transaction:
        stream = transaction.streams.open("churn", "3", "digest")
        for start in range(450):
            transaction.buckets.put(stream, Bucket(start * 300, 300, bytes([start % 256]) * 10))
        transaction.counters.add("churn", "read", {"predictions": 2**40})
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """An empty state in another SQLite file."""
    opened = Store(f"sqlite:///{tmp_path}/other.db")
    yield opened
    opened.close()


def contents(store: Store) -> dict[str, set[tuple[object, ...]]]:
    """Every row of every table."""
    with store.reading() as transaction:
        connection = transaction.streams.connection
        return {
            table.name: {tuple(row) for row in connection.execute(sql.select(table))}
            for table in tables.metadata.sorted_tables
        }


def test_a_copy_holds_every_row(store: Store, other: Store) -> None:
    """From either database to a file, and back into an emptied state, nothing is lost or changed."""
    before = contents(store)
    assert copy_state(store, other)["buckets"] == 450
    assert contents(other) == before
    copy_state(other, store, replace=True)
    assert contents(store) == before


def test_a_copy_goes_on_as_the_original_would(store: Store, other: Store) -> None:
    """New rows get numbers that no copied row has."""
    copy_state(store, other)
    copy_state(other, store, replace=True)
    with store.transaction() as transaction:
        first = transaction.streams.open("churn", "3", "digest")
        assert transaction.streams.open("churn", "4", "digest") > first


def test_what_is_there_is_not_lost(store: Store, other: Store) -> None:
    """A state that holds rows is no target, unless they are to be replaced."""
    copy_state(store, other)
    before = contents(store)
    with pytest.raises(StateError, match="there is a state already"):
        copy_state(other, store)
    assert contents(store) == before


def test_a_copy_that_fails_leaves_nothing(store: Store, other: Store) -> None:
    """Where one table cannot be written, none is."""
    empty = contents(other)
    refuse = "CREATE TRIGGER refuse BEFORE INSERT ON buckets BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    with other.transaction() as transaction:
        transaction.counters.connection.execute(sql.text(refuse))
    with pytest.raises(StateError, match="disk is full"):
        copy_state(store, other)
    assert contents(other) == empty
