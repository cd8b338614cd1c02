"""A caller that does with a source what the exporter does: count rows and keep positions, each chunk as one step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mlflow_exporter.domain import Problem, Rejection
from mlflow_exporter.sources.files import Files
from mlflow_exporter.sources.source import Chunk, Types

TYPES: Types = {"id": pa.int64(), "x": pa.float64(), "s": pa.string()}


class Caller:
    """Polls files, commits the position of each chunk with its rows, and remembers everything that it was given."""

    def __init__(self, paths: Path | str | Iterable[Path], types: Types = TYPES, **options: Any) -> None:
        self.paths = [str(paths)] if isinstance(paths, (Path, str)) else [str(path) for path in paths]
        self.types, self.options = types, options
        self.positions: dict[str, Mapping[str, Any]] = {}
        self.rows: list[dict[str, Any]] = []
        self.chunks: list[Chunk] = []
        self.problems: list[Problem] = []

    def poll(self, kill_at: int | None = None) -> list[dict[str, Any]]:
        """The rows of one poll; with `kill_at`, the chunk of that number is not committed and nothing comes after."""
        self.problems, self.chunks = [], []
        before = len(self.rows)
        for found in Files(self.paths, **self.options).poll(self.positions, self.types):
            if isinstance(found, Problem):
                self.problems.append(found)
                continue
            if len(self.chunks) == kill_at:
                break
            self.chunks.append(found)
            self.commit(found)
        return self.rows[before:]

    def commit(self, chunk: Chunk) -> None:
        """Count a chunk's rows and store its position, which survives JSON."""
        rows = chunk.read(chunk.names).to_pylist() if chunk.names else []
        assert len(rows) == chunk.rows
        self.rows += rows
        self.positions[chunk.item] = json.loads(json.dumps(chunk.position))

    @property
    def rejections(self) -> list[Rejection]:
        """Those of the last poll."""
        return [rejection for chunk in self.chunks for rejection in chunk.rejections]

    @property
    def texts(self) -> str:
        """The problems of the last poll, one a line."""
        return "\n".join(map(str, self.problems))


@pytest.fixture(scope="session")
def caller() -> Callable[..., Caller]:
    """Makes a caller of some paths."""
    return Caller
