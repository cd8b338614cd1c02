"""A whole state from one store to another: a backup, or the move from SQLite to PostgreSQL."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Integer, Table, func, select, text
from sqlalchemy.engine import Connection

from mlflow_exporter.errors import StateError
from mlflow_exporter.state import tables
from mlflow_exporter.state.store import Store

_ROWS = 200
"""Rows held in memory at a time: a bucket is up to a megabyte."""

_COPIED = [table for table in tables.metadata.sorted_tables if table is not tables.meta]


def copy_state(source: Store, target: Store, *, replace: bool = False) -> Counter[str]:
    """Copy every row of a state as it is at one moment, whatever is written meanwhile; how many of each table.

    Nothing is copied unless everything is. Raises StateError where the target holds rows already, unless they are to
    be replaced.
    """
    with source.reading() as read, target.transaction() as written:
        found, copy = read.streams.connection, written.streams.connection
        if found.dialect.name == "postgresql":
            found.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        _make_room(copy, target.where, replace=replace)
        copied = Counter({table.name: _copy(table, found, copy) for table in _COPIED})
        if copy.dialect.name == "postgresql":
            _continue_numbers(copy)
    return copied


def _make_room(connection: Connection, where: str, *, replace: bool) -> None:
    for table in reversed(_COPIED):
        if replace:
            connection.execute(table.delete())
        elif connection.scalar(select(func.count()).select_from(select(table).limit(1).subquery())):
            raise StateError(
                "there is a state already", where=where, mend="give another place, or lose what is there with --replace"
            )


def _copy(table: Table, found: Connection, copy: Connection) -> int:
    rows = 0
    with found.execute(select(table).execution_options(yield_per=_ROWS)) as result:
        for part in result.mappings().partitions():
            copy.execute(table.insert(), [dict(row) for row in part])
            rows += len(part)
    return rows


def _continue_numbers(connection: Connection) -> None:
    """Let PostgreSQL number new rows from after those that came with their numbers."""
    for table in _COPIED:
        for column in table.primary_key if len(table.primary_key) == 1 else ():
            if isinstance(column.type, Integer):
                last = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                connection.execute(select(func.setval(sequence, last, False)))
