"""What is counted of a model since the state was made: rows read, rows rejected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from mlflow_exporter.state import tables
from mlflow_exporter.state.inserts import DialectInsert, insert

_c = tables.counters.c
_of = select(_c.name, _c.value).where(_c.model == bindparam("model"), _c.kind == bindparam("kind")).order_by(_c.name)


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters as one transaction sees them."""

    connection: Connection

    def add(self, model: str, kind: str, amounts: Mapping[str, int]) -> None:
        """Add to a model's counters of one kind."""
        if not amounts:
            return
        rows = [{"model": model, "kind": kind, "name": name, "value": value} for name, value in amounts.items()]
        self.connection.execute(_adding(self.connection.dialect.name), rows)

    def of(self, model: str, kind: str) -> dict[str, int]:
        """A model's counters of one kind, by name."""
        found = self.connection.execute(_of, {"model": model, "kind": kind})
        return {row.name: row.value for row in found}


@lru_cache
def _adding(dialect: str) -> DialectInsert:
    new = insert(dialect, tables.counters)
    grown = {"value": _c.value + new.excluded.value}
    return new.on_conflict_do_update(index_elements=["model", "kind", "name"], set_=grown)
