"""Which versions an alias has pointed to, as far as the exporter has seen it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from mlflow_exporter.state import tables

KEPT = 50
"""Moves of an alias that are remembered."""

_m = tables.alias_moves.c


@dataclass(frozen=True, slots=True)
class AliasMoves:
    """The moves as one transaction sees them."""

    connection: Connection

    def versions(self, model: str, alias: str) -> list[str]:
        """The versions that an alias pointed to, one after the other."""
        query = select(_m.version).where(_m.model == model, _m.alias == alias).order_by(_m.id)
        return list(self.connection.scalars(query))

    def see(self, model: str, alias: str, version: str, now: float) -> None:
        """The alias points to this version now; only a change is remembered."""
        query = select(_m.id, _m.version).where(_m.model == model, _m.alias == alias).order_by(_m.id.desc())
        known = self.connection.execute(query).all()
        if not known or known[0].version != version:
            row = {"model": model, "alias": alias, "version": version, "seen_at": now}
            self.connection.execute(tables.alias_moves.insert(), row)
            old = [move.id for move in known[KEPT - 1 :]]
            self.connection.execute(tables.alias_moves.delete().where(_m.id.in_(old)))
