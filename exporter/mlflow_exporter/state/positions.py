"""How far each item of a model's sources has been read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import select
from sqlalchemy.engine import Connection

from mlflow_exporter.errors import StateError
from mlflow_exporter.state import tables
from mlflow_exporter.state.inserts import insert, upsert

Place: TypeAlias = Mapping[str, Any]
"""JSON-able, and told apart by what it is written as."""

_p = tables.positions.c


@dataclass(frozen=True, slots=True)
class Positions:
    """The positions as one transaction sees them.

    Each has the time (`at`, Unix seconds by the model's clock) when it was reached.
    """

    connection: Connection

    def of(self, model: str, source: str) -> dict[str, Place]:
        """The position of each item of a source."""
        query = select(_p.item, _p.position).where(_p.model == model, _p.source == source)
        return {item: json.loads(position) for item, position in self.connection.execute(query)}

    def put(self, model: str, source: str, item: str, position: Place, *, at: float = 0.0) -> None:
        """Set a position, whatever it was."""
        upsert(self.connection, tables.positions, _row(model, source, item, position, at))

    def advance(
        self, model: str, source: str, item: str, position: Place, *, known: Place | None, at: float = 0.0
    ) -> None:
        """Move on from the position that is known (None for an item that was never read).

        Raises StateError where it is another one by now: somebody else has counted the same rows.
        """
        row = _row(model, source, item, position, at)
        if known is None:
            new = insert(self.connection, tables.positions).values(row).on_conflict_do_nothing()
            moved = self.connection.execute(new.returning(_p.item)).first()
        else:
            key = (_p.model == model, _p.source == source, _p.item == item, _p.position == json.dumps(known))
            update = tables.positions.update().where(*key).values(position=row["position"], reached_at=at)
            moved = self.connection.execute(update.returning(_p.item)).first()
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


def _row(model: str, source: str, item: str, position: Place, at: float) -> dict[str, Any]:
    return {"model": model, "source": source, "item": item, "position": json.dumps(position), "reached_at": at}
