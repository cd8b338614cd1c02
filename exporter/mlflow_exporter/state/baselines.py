"""Copies of baselines, for the time the registry is away."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from mlflow_exporter.domain import Problem
from mlflow_exporter.state import tables
from mlflow_exporter.state.inserts import upsert

_b = tables.baselines.c


@dataclass(frozen=True, slots=True)
class KeptBaseline:
    """The copy of a version's baseline; `identity` tells what it is a copy of, `problems` what was wrong with that."""

    identity: str
    packed: bytes
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptBaselines:
    """The copies as one transaction sees them."""

    connection: Connection

    def put(self, model: str, version: str, kept: KeptBaseline) -> None:
        """Keep a copy, in the place of the version's last one."""
        problems = json.dumps([asdict(problem) for problem in kept.problems])
        row = {"model": model, "version": version, "identity": kept.identity, "packed": kept.packed}
        upsert(self.connection, tables.baselines, {**row, "problems": problems})

    def of(self, model: str, version: str) -> KeptBaseline | None:
        """The copy that is kept for a version."""
        query = select(_b.identity, _b.packed, _b.problems).where(_b.model == model, _b.version == version)
        row = self.connection.execute(query).first()
        if row is None:
            return None
        return KeptBaseline(row.identity, row.packed, tuple(Problem(**problem) for problem in json.loads(row.problems)))

    def drop(self, model: str, version: str) -> None:
        """Keep no copy for a version any more."""
        self.connection.execute(tables.baselines.delete().where(_b.model == model, _b.version == version))
