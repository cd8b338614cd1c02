"""Many rows at once, by the driver's own means: for each of them SQLAlchemy takes longer than the database.

The names in these statements are those of the tables; values are always parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.engine import Connection

_AT_ONCE = 30_000
"""Parameters of one statement: SQLite takes 32,766, PostgreSQL 65,535."""


def insert_new(connection: Connection, table: Table, columns: Sequence[Sequence[Any]]) -> None:
    """Insert rows, given as the values of each column of the table; those whose key is there already are left out."""
    if not columns[0]:
        return
    names = ", ".join(column.name for column in table.columns)
    if connection.dialect.name == "postgresql":
        types = (column.type.compile(connection.dialect) for column in table.columns)
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        rows = f"SELECT * FROM unnest({arrays})"  # noqa: S608 -- types of our own
        insert = f"INSERT INTO {table.name} ({names}) {rows} ON CONFLICT DO NOTHING"
        connection.exec_driver_sql(insert, tuple(map(list, columns)))
    else:
        places = ", ".join("?" * len(columns))
        insert = f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({places})"  # noqa: S608 -- names of our own
        connection.exec_driver_sql(insert, list(zip(*columns, strict=True)))


def select_ids(connection: Connection, table: Table, stream: int, ids: Sequence[bytes]) -> list[Sequence[Any]]:
    """The rows of a stream with these ids, without the column `stream`."""
    found: list[Sequence[Any]] = []
    names = ", ".join(column.name for column in table.columns if column.name != "stream")
    for chosen, values in _by_id(connection, stream, ids):
        query = f"SELECT {names} FROM {table.name} WHERE {chosen}"  # noqa: S608 -- names of our own
        found += connection.exec_driver_sql(query, values).all()
    return found


def delete_ids(connection: Connection, table: Table, stream: int, ids: Sequence[bytes]) -> int:
    """Delete the rows of a stream with these ids; how many there were."""
    deleted = 0
    for chosen, values in _by_id(connection, stream, ids):
        statement = f"DELETE FROM {table.name} WHERE {chosen}"  # noqa: S608 -- names of our own
        deleted += connection.exec_driver_sql(statement, values).rowcount
    return deleted


def _by_id(connection: Connection, stream: int, ids: Sequence[bytes]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    place = "%s" if connection.dialect.name == "postgresql" else "?"
    for first in range(0, len(ids), _AT_ONCE):
        part = ids[first : first + _AT_ONCE]
        yield f"stream = {place} AND id IN ({', '.join([place] * len(part))})", (stream, *part)
