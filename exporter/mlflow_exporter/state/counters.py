"""What is counted of a model since the state was made: rows read, rows rejected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from mlflow_exporter.state import tables
from mlflow_exporter.state.inserts import insert

_c = tables.counters.c


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters as one transaction sees them."""

    connection: Connection

    def add(self, model: str, kind: str, amounts: Mapping[str, int]) -> None:
        """Add to a model's counters of one kind."""
        if not amounts:
            return
        rows = [{"model": model, "kind": kind, "name": name, "value": value} for name, value in amounts.items()]
        statement = insert(self.connection, tables.counters)
        grown = {"value": _c.value + statement.excluded.value}
        keys = ["model", "kind", "name"]
        self.connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=grown), rows)

    def of(self, model: str, kind: str) -> dict[str, int]:
        """A model's counters of one kind, by name."""
        query = select(_c.name, _c.value).where(_c.model == model, _c.kind == kind).order_by(_c.name)
        return {row.name: row.value for row in self.connection.execute(query)}
