"""Inserts that say what happens to a row that is there already, in the dialect of the database.

Statements of a poll are made once: it writes few rows, and would take longer to make them than to run them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

Row: TypeAlias = dict[str, Any]
DialectInsert: TypeAlias = postgresql.Insert | sqlite.Insert


def insert(dialect: str, table: Table) -> DialectInsert:
    """An INSERT that knows ON CONFLICT."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows whose key is not there; the others stay as they are."""
    if rows:
        connection.execute(_insert_new(connection.dialect.name, table), rows)


def upsert(connection: Connection, table: Table, row: Row) -> None:
    """Insert a row, in the place of the one with its key."""
    connection.execute(_upsert(connection.dialect.name, table), row)


@lru_cache
def _insert_new(dialect: str, table: Table) -> DialectInsert:
    return insert(dialect, table).on_conflict_do_nothing()


@lru_cache
def _upsert(dialect: str, table: Table) -> DialectInsert:
    statement = insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    values = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=values)
