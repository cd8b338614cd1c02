"""The first rows of a source, and which columns that are needed they lack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from mlflow_exporter.config.suggestions import nearest
from mlflow_exporter.domain import Problem, Rejection
from mlflow_exporter.sources.files import Files
from mlflow_exporter.sources.source import Chunk, Source
from mlflow_exporter.web.formats import counted

_LISTED = 20
_LOOKED_AT = 20


@dataclass(frozen=True)
class Sample:
    """The first chunk with rows, None where there is none, and what was wrong before it."""

    chunk: Chunk | None
    problems: tuple[Problem, ...]


def sample(source: Source) -> Sample:
    """Read a source as far as its first rows."""
    problems = []
    for found in source.poll({}, {}):
        if isinstance(found, Problem):
            problems.append(found)
        elif found.rows:
            return Sample(found, tuple(problems))
        else:
            problems += map(_problem, found.rejections)
    return Sample(None, tuple(problems))


@dataclass(frozen=True)
class Looks:
    """The first rows of several files; `skipped` files were not looked at."""

    chunks: tuple[Chunk, ...]
    problems: tuple[Problem, ...]
    skipped: int = 0


def looks(paths: Sequence[str], mode: Literal["append", "snapshot"]) -> Looks:
    """The first rows of each file, or of a few of many, the first and the last by name among them.

    Raises SourceError.
    """
    files = Files(paths, mode=mode)
    items = files.items()
    if items is None:  # what is wrong is told by reading
        one = sample(files)
        return Looks((one.chunk,) if one.chunk else (), one.problems)
    chosen = _spread(sorted(items))
    samples = [sample(Files(path, mode=mode)) for path in chosen]
    chunks = tuple(one.chunk for one in samples if one.chunk)
    return Looks(chunks, tuple(found for one in samples for found in one.problems), len(items) - len(chosen))


def _spread(paths: Sequence[str]) -> list[str]:
    """At most as many paths as are looked at, evenly spread from the first to the last."""
    steps = min(len(paths), _LOOKED_AT)
    return [paths[i * (len(paths) - 1) // max(1, steps - 1)] for i in range(steps)]


def _problem(rejection: Rejection) -> Problem:
    return Problem(rejection.example, f"{counted(rejection.rows, 'row')} refused: {rejection.reason}")


@dataclass(frozen=True)
class Needed:
    """Columns that rows must have: those that are named somewhere, and those that a baseline has as features.

    Those in `optional` may not be there yet: JSON lines leave out what is null.
    """

    named: tuple[str, ...]
    features: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, named: Iterable[str | None], features: Iterable[str] = (), optional: Iterable[str | None] = ()
    ) -> Needed:
        """The names, each once, without None."""
        kept = tuple(dict.fromkeys(name for name in named if name))
        others = tuple(name for name in dict.fromkeys(features) if name not in kept)
        return cls(kept, others, tuple(name for name in optional if name))

    @property
    def count(self) -> int:
        """How many columns."""
        return len(self.named) + len(self.features)

    def missing_in(self, chunk: Chunk) -> list[str]:
        """A sentence for each column that a chunk lacks, with the name that was probably meant."""
        return self._missing((*self.named, *self.features), chunk.names)

    def optional_missing_in(self, chunk: Chunk) -> list[str]:
        """The same, for the columns that may not be there yet."""
        return self._missing(self.optional, chunk.names)

    def _missing(self, wanted: Sequence[str], names: Sequence[str]) -> list[str]:
        known = {*self.named, *self.features, *self.optional}
        spare = [name for name in names if name not in known]
        absent = [name for name in wanted if name not in names]
        return [f"there is no column {name!r}{self._hint(name, spare, names)}" for name in absent]

    def _hint(self, name: str, spare: Sequence[str], names: Sequence[str]) -> str:
        role = ", a feature of the baseline" if name in self.features else ""
        close = nearest(name, spare)
        if close:
            return f"{role}; did you mean {close!r}?"
        return role or f"; it has {', '.join(names[:_LISTED])}"
