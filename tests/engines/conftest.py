"""Rows in memory to read, sources of them, and an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pytest

from mlflow_exporter.domain import Problem
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.sources.source import Chunk, Position, Types


@dataclass(frozen=True)
class Tables:
    """A source of a chunk for each table; a problem stands for an item that cannot be read."""

    found: Sequence[pa.Table | Problem]

    def poll(self, positions: Mapping[str, Position], types: Types) -> Iterator[Chunk | Problem]:
        """Each table as a chunk."""
        for i, found in enumerate(self.found):
            yield found if isinstance(found, Problem) else chunk_of(found, f"part {i}")

    def fingerprint(self) -> str:
        """Nothing ever changes."""
        return ""


def chunk_of(table: pa.Table, origin: str = "part 0") -> Chunk:
    return Chunk(origin, origin, {}, 0, table.num_rows, table.schema, lambda names: table.select(list(names)))


@pytest.fixture(scope="session")
def tables() -> type[Tables]:
    """Call it with tables for a source of them."""
    return Tables


@pytest.fixture(scope="session")
def engine() -> LocalEngine:
    """An engine of two threads."""
    return LocalEngine(2)
