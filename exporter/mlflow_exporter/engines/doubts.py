"""What looks wrong with reference data, and does not keep a baseline from being made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from mlflow_exporter.config.suggestions import did_you_mean
from mlflow_exporter.domain import Problem, Role
from mlflow_exporter.engines.categories import categories
from mlflow_exporter.engines.inference import Request, feature_names
from mlflow_exporter.engines.sampling import Sample
from mlflow_exporter.profiles.layout import Layout
from mlflow_exporter.profiles.outcomes import OutcomeSpec

FEW_ROWS = 1_000
"""Fewer do not tell an identifier from a category."""

_DISTINCT = 0.5


def doubts(sample: Sample, request: Request, layout: Layout) -> Iterator[Problem]:
    """Names of no column, inputs that the data lacks, columns beyond the limit, of mixed types, or like identifiers."""
    where = request.origin or "the reference data"
    yield from _unknown(sample, request)
    missing = [name for name in request.features or () if name not in sample.names]
    if missing:
        yield Problem(where, f"it lacks the model's inputs {listed(missing)}", "give data with every input")
    beyond = feature_names(sample, request)[request.most_columns :]
    if beyond:
        what = f"{len(beyond)} columns beyond the first {request.most_columns} are not watched: {listed(beyond)}"
        yield Problem(where, what, "raise `limits.columns`, or name what matters less in `features.exclude`")
    for column in layout.columns:
        if column.role is Role.FEATURE:
            yield from _doubts_of(where, column.name, sample, is_category=(Role.FEATURE, column.name) in _texts(layout))


def doubts_of_scores(request: Request, spec: OutcomeSpec) -> Iterator[Problem]:
    """Classes without a probability, where others have one: none of them is used then."""
    given = request.parts.probabilities
    lacking = [label for label in spec.score_columns if label not in given]
    if given and lacking:
        what = f"no column has the probability of {listed(lacking)}, so those of {listed(list(given))} are not used"
        yield Problem(request.origin or "the reference data", what, "name the column of every class")


def _unknown(sample: Sample, request: Request) -> Iterator[Problem]:
    """Names in lists of columns that are of none."""
    for key, names in (("exclude", request.exclude), ("categorical", request.categorical)):
        for name in names:
            if name not in sample.names:
                what = f"the reference data has no column {name!r}"
                yield Problem(f"features.{key}", what, did_you_mean(name, sample.names))


def _texts(layout: Layout) -> set[tuple[Role, str]]:
    return {(column.role, column.name) for column in layout.categorical}


def _doubts_of(where: str, name: str, sample: Sample, *, is_category: bool) -> Iterator[Problem]:
    if name in sample.mixed:
        read_as = "text" if is_category else "numbers"
        what = f"column {name!r} is not of one type in all of it, and is read as {read_as}"
        yield Problem(where, what, "write it with one type")
    distinct, rows = _distinct(sample.column(name)) if is_category else (0, 0)
    if rows >= FEW_ROWS and distinct > _DISTINCT * rows:
        what = f"column {name!r} has {distinct:,} distinct texts in {rows:,} rows, as an identifier or free text has"
        yield Problem(where, what, f"name it in `features.exclude`: [{name}]")


def _distinct(column: pa.ChunkedArray) -> tuple[int, int]:
    """How many distinct values, in how many rows that have one."""
    read = categories(column)
    present = read.codes[read.codes >= 0]
    return len(set(present.tolist())), len(present)


def listed(names: Sequence[str]) -> str:
    """The first names of many, as a message lists them."""
    shown = ", ".join(map(repr, names[:5]))
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
