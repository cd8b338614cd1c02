from __future__ import annotations

import resource
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from mlflow_exporter.errors import StateError, StateUnavailable, StateVersionError
from mlflow_exporter.state import tables
from mlflow_exporter.state.buckets import Bucket
from mlflow_exporter.state.store import Store


class Interruption(Exception):
    """Stops a transaction in the middle."""


def test_what_is_written_is_there_after_it_is_opened_again(url: str) -> None:
    """A committed transaction outlives the store object."""
    first = Store(url)
    with first.transaction() as transaction:
        transaction.counters.add("churn", "read", {"labels": 3})
    first.close()
    second = Store(url)
    with second.reading() as transaction:
        assert transaction.counters.of("churn", "read") == {"labels": 3}
    second.close()


def test_processes_that_start_together_make_one_state(url: str) -> None:
    """One makes the tables, the others wait and find them."""
    begin = threading.Barrier(6)

    def opened(url: str) -> Store:
        begin.wait(30)
        return Store(url)

    with ThreadPoolExecutor(begin.parties) as pool:
        stores = list(pool.map(opened, [url] * begin.parties))
    assert all(store.up for store in stores)
    for store in stores:
        store.close()


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    """What was done in a transaction that raised is undone, on every subject."""

    def interrupted() -> None:
        with store.transaction() as transaction:
            number = transaction.streams.open("churn", "1", "abc")
            transaction.buckets.put(number, Bucket(0, 300, b"x"))
            transaction.counters.add("churn", "read", {"labels": 3})
            raise Interruption

    with pytest.raises(Interruption):
        interrupted()
    with store.reading() as transaction:
        assert transaction.streams.of("churn") == []
        assert not transaction.buckets.any(1)
        assert transaction.counters.of("churn", "read") == {}
    assert store.up


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    """While one transaction writes, another reads what was there before."""
    with store.transaction() as writing:
        writing.counters.add("churn", "read", {"labels": 3})
        with store.reading() as reading:
            assert reading.counters.of("churn", "read") == {}


def test_writers_wait_for_each_other(store: Store) -> None:
    """Counts that many threads add at the same time are all there."""

    def add() -> None:
        for _ in range(10):
            with store.transaction() as transaction:
                transaction.counters.add("churn", "read", {"labels": 1})

    threads = [threading.Thread(target=add) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as transaction:
        assert transaction.counters.of("churn", "read") == {"labels": 200}


def test_a_state_of_another_version_is_refused(url: str) -> None:
    """A state with another schema is not touched, and both versions are named."""
    store = Store(url)
    with store._engine.begin() as connection:
        connection.execute(tables.meta.update().values(value="99"))
    store.close()
    with pytest.raises(StateVersionError, match=r"the state has schema 99, this program writes schema 3; start the"):
        Store(url)


def test_a_password_is_never_shown() -> None:
    """The place that errors name hides the password."""
    pytest.importorskip("psycopg")
    url = "postgresql+psycopg://user:secret@127.0.0.1:9/state?connect_timeout=1"
    with pytest.raises(StateUnavailable) as caught:
        Store(url)
    assert "user:***@127.0.0.1:9/state" in str(caught.value)
    assert "secret" not in str(caught.value)


def _damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)


def _no_database(path: Path) -> None:
    path.write_bytes(b"this is a text file, not a database " * 200)


@pytest.mark.parametrize(
    ("spoil", "said"), ((_damage, "malformed"), (_no_database, "not a database")), ids=("damaged", "another file")
)
def test_a_corrupt_file_is_told_with_its_cure(tmp_path: Path, spoil: Callable[[Path], None], said: str) -> None:
    """A file that is no intact database gives an error that names it and says what to do."""
    path = tmp_path / "state.db"
    Store(f"sqlite:///{path}").close()
    spoil(path)
    with pytest.raises(StateUnavailable, match=f"{said}.*move it away to begin anew") as caught:
        Store(f"sqlite:///{path}")
    assert str(path) in str(caught.value)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A path that cannot be opened gives an error that names it."""
    with pytest.raises(
        StateUnavailable, match=r"missing/state\.db: unable to open database file; check that it exists"
    ):
        Store(f"sqlite:///{tmp_path}/missing/state.db")


def _write(store: Store) -> None:
    with store.transaction() as transaction:
        transaction.counters.add("churn", "read", {"labels": 1})
        transaction.buckets.put(1, Bucket(0, 300, bytes(1_000_000)))


def test_a_full_disk_loses_only_the_transaction(tmp_path: Path) -> None:
    """Without room the transaction is undone and told; with room again everything goes on."""
    store = Store(f"sqlite:///{tmp_path}/state.db")
    limit = {"pages": 40}

    def set_limit(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {limit['pages']}")

    sql.event.listen(store._engine, "connect", set_limit)
    store.close()
    with pytest.raises(StateUnavailable, match="full; make room on its disk"):
        _write(store)
    assert not store.up
    limit["pages"] = 100_000
    store.close()
    _write(store)
    assert store.up
    with store.reading() as transaction:
        assert transaction.counters.of("churn", "read") == {"labels": 1}
    store.close()


def test_a_file_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    """A database that is read-only gives an error, not a silent stop."""
    store = Store(f"sqlite:///{tmp_path}/state.db")
    sql.event.listen(store._engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
    store.close()
    with pytest.raises(StateUnavailable, match="readonly database"):
        _write(store)
    store.close()


def test_a_driver_that_is_missing_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of an ImportError, without the password."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StateError) as raised:
        Store("postgresql+psycopg://exporter:secret@db/state")
    assert str(raised.value).startswith("postgresql+psycopg://exporter:***@db/state: its driver cannot be loaded (")
    assert str(raised.value).endswith('; install it with `pip install "mlflow-exporter[postgres]"`')


def test_a_trial_leaves_nothing(url: str) -> None:
    """What is written to see whether there is room is undone, every time."""
    store = Store(url)
    before = _rows(store)
    store.try_writing()
    store.try_writing()
    assert _rows(store) == before == [("schema", str(tables.SCHEMA_VERSION))]
    store.close()


def _rows(store: Store) -> list[Any]:
    with store._engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sql.select(tables.meta))]


def test_a_trial_sees_a_full_disk(tmp_path: Path) -> None:
    """A state that opens though nothing more can be written to it fails the trial, and works when there is room."""
    store = Store(f"sqlite:///{tmp_path}/state.db")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(StateUnavailable, match="that its disk has room"):
            store.try_writing()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    store.try_writing()
    assert store.up
    store.close()
