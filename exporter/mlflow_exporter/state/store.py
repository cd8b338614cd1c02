"""The state store: SQLite in a file, or PostgreSQL by URL.

What a poll counted and where it stopped are committed in one transaction, so that a kill at any point leaves each row
counted exactly once.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Engine

from mlflow_exporter.errors import StateError, StateUnavailable, StateVersionError
from mlflow_exporter.state import tables
from mlflow_exporter.state.transaction import Transaction

_BUSY_SECONDS = 30
_READS_ONLY = "reads_only"
_PREPARING = 0x6D6C666C6F77
"""The number of the lock under which tables are made in PostgreSQL: `mlflow` in bytes."""
_TRIAL_BYTES = 4 << 20
"""Twice what SQLite holds back in memory."""
_MEND = {
    sqlite3.SQLITE_FULL: "make room on its disk",
    sqlite3.SQLITE_CORRUPT: "restore a copy of it, or move it away to begin anew",
    sqlite3.SQLITE_NOTADB: "restore a copy of it, or move it away to begin anew",
    sqlite3.SQLITE_BUSY: "end the other process that writes it",
}
_MEND_OTHERWISE = "check that it exists or may be made, that it may be written and that its disk has room"


class Store:
    """An open state store; safe to use from any thread. `up` tells whether it worked when it was last used.

    Raises StateUnavailable where it cannot be opened, read or written, and StateVersionError where another version
    of this program wrote it.
    """

    def __init__(self, url: str) -> None:
        self.where = sql.make_url(url).render_as_string(hide_password=True)
        self.up = True
        self._engine = _engine(url)
        self._reads_only = self._engine.execution_options(**{_READS_ONLY: True})
        try:
            with self._guarded(), self._engine.begin() as connection:
                _prepare(connection, self.where)
        except StateError:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Everything done inside is committed at its end, or nothing is; one at a time in SQLite."""
        with self._guarded(), self._engine.begin() as connection:
            yield Transaction.on(connection)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that only reads, so that nobody waits for it; it begins with what is read first."""
        with self._guarded(), self._reads_only.connect() as connection:
            yield Transaction.on(connection)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn what the database says into StateUnavailable, and remember in `up` whether it worked."""
        try:
            yield
        # The pool passes on what SQLite says to a new connection as it is.
        except (sql.exc.DBAPIError, sql.exc.TimeoutError, sqlite3.Error) as error:
            self.up = False
            said = error.orig if isinstance(error, sql.exc.DBAPIError) else error
            mend = _MEND.get(getattr(said, "sqlite_errorcode", sqlite3.SQLITE_ERROR), _MEND_OTHERWISE)
            raise StateUnavailable(str(said).strip(), where=self.where, mend=mend) from error
        self.up = True

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    def try_writing(self) -> None:
        """Write so much that it reaches the disk, and undo it: where that is full, StateUnavailable says so."""
        trial = tables.meta.insert().values(key="trial", value=os.urandom(_TRIAL_BYTES // 2).hex())
        with self._guarded(), self._engine.connect() as connection:
            connection.execute(trial)
            connection.rollback()


def _engine(url: str) -> Engine:
    if sql.make_url(url).get_backend_name() != "sqlite":
        return _server(url)
    # Every model may have a connection of its own: SQLite makes the writers wait for each other, not the pool.
    engine = sql.create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, max_overflow=-1)
    sql.event.listen(engine, "connect", _configure_sqlite)
    sql.event.listen(engine, "begin", _begin)
    return engine


def _server(url: str) -> Engine:
    try:
        return sql.create_engine(url, pool_pre_ping=True)
    except ImportError as error:
        where = sql.make_url(url).render_as_string(hide_password=True)
        mend = 'install it with `pip install "mlflow-exporter[postgres]"`'
        raise StateError(f"its driver cannot be loaded ({error})", where=where, mend=mend) from error


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # SQLAlchemy's begin event starts the transactions, not the driver.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin(connection: Connection) -> None:
    # Taking the write lock at once makes writers wait for each other instead of failing halfway.
    reads_only = connection.get_execution_options().get(_READS_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _prepare(connection: Connection, where: str) -> None:
    if connection.dialect.name == "postgresql":  # of exporters that start together, one makes the tables
        connection.execute(sql.select(sql.func.pg_advisory_xact_lock(_PREPARING)))
    if not sql.inspect(connection).has_table(tables.meta.name):
        tables.metadata.create_all(connection)
        connection.execute(tables.meta.insert().values(key="schema", value=str(tables.SCHEMA_VERSION)))
    found = connection.scalar(sql.select(tables.meta.c.value).where(tables.meta.c.key == "schema"))
    if found != str(tables.SCHEMA_VERSION):
        raise StateVersionError(
            f"the state has schema {found}, this program writes schema {tables.SCHEMA_VERSION}",
            where=where,
            mend="start the version that wrote it, or move the state away to begin anew",
        )
