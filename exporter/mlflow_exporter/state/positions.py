"""How far each item of a model's sources has been read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.sql.dml import ReturningInsert

from mlflow_exporter.errors import StateError
from mlflow_exporter.state import tables
from mlflow_exporter.state.inserts import insert, upsert

Place: TypeAlias = Mapping[str, Any]
"""JSON-able, and told apart by what it is written as."""

_p = tables.positions.c
_of = select(_p.item, _p.position).where(_p.model == bindparam("model"), _p.source == bindparam("source"))
_advance = (
    tables.positions.update()
    .where(
        _p.model == bindparam("of_model"),
        _p.source == bindparam("of_source"),
        _p.item == bindparam("of_item"),
        _p.position == bindparam("known"),
    )
    .values(position=bindparam("position"), reached_at=bindparam("reached_at"))
    .returning(_p.item)
)


@dataclass(frozen=True, slots=True)
class Positions:
    """The positions as one transaction sees them.

    Each has the time (`at`, Unix seconds by the model's clock) when it was reached.
    """

    connection: Connection

    def of(self, model: str, source: str) -> dict[str, Place]:
        """The position of each item of a source."""
        found = self.connection.execute(_of, {"model": model, "source": source})
        return {item: json.loads(position) for item, position in found}

    def put(self, model: str, source: str, item: str, position: Place, *, at: float = 0.0) -> None:
        """Set a position, whatever it was."""
        upsert(self.connection, tables.positions, _row(model, source, item, position, at))

    def advance(
        self, model: str, source: str, item: str, position: Place, *, known: Place | None, at: float = 0.0
    ) -> None:
        """Move on from the position that is known (None for an item that was never read).

        Raises StateError where it is another one by now: somebody else has counted the same rows.
        """
        if known is None:
            begin = _begin(self.connection.dialect.name)
            moved = self.connection.execute(begin, _row(model, source, item, position, at)).first()
        else:
            key = {"of_model": model, "of_source": source, "of_item": item, "known": json.dumps(known)}
            reached = {"position": json.dumps(position), "reached_at": at}
            moved = self.connection.execute(_advance, {**key, **reached}).first()
        if moved is None:
            what = "another process reads it with the same state; the rows were counted by that one only"
            mend = "let one exporter at a time use a state, or give each its own models"
            raise StateError(what, where=item, mend=mend)

    def change(self, model: str, source: str, changed: Callable[[Place], Place]) -> None:
        """Replace the position of every item of a source; when it was reached stays."""
        for item, position in self.of(model, source).items():
            key = (_p.model == model, _p.source == source, _p.item == item)
            self.connection.execute(
                tables.positions.update().where(*key).values(position=json.dumps(changed(position)))
            )

    def reached_before(self, model: str, source: str, before: float) -> set[str]:
        """The items of a source that have not been read on since a time."""
        key = (_p.model == model, _p.source == source, _p.reached_at < before)
        return set(self.connection.scalars(select(_p.item).where(*key)))

    def drop(self, model: str, source: str, item: str) -> None:
        """Forget an item."""
        key = (_p.model == model, _p.source == source, _p.item == item)
        self.connection.execute(tables.positions.delete().where(*key))

    def forget(self, model: str, sources: Sequence[str]) -> None:
        """Have these sources of a model read from their beginning."""
        self.connection.execute(tables.positions.delete().where(_p.model == model, _p.source.in_(sources)))


@lru_cache
def _begin(dialect: str) -> ReturningInsert[tuple[str]]:
    return insert(dialect, tables.positions).on_conflict_do_nothing().returning(_p.item)


def _row(model: str, source: str, item: str, position: Place, at: float) -> dict[str, Any]:
    return {"model": model, "source": source, "item": item, "position": json.dumps(position), "reached_at": at}
