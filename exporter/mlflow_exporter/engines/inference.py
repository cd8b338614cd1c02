"""What reference rows tell of a model: its task and classes, and the bins of its columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlflow_exporter.domain import Kind, Role, Task
from mlflow_exporter.engines.categories import categories, value_of
from mlflow_exporter.engines.plan import LABEL, PREDICTION, SCORE, Parts
from mlflow_exporter.engines.sampling import Sample
from mlflow_exporter.engines.values import numbers
from mlflow_exporter.errors import BaselineError
from mlflow_exporter.profiles.binning import is_discrete, numeric_edges, top_categories
from mlflow_exporter.profiles.layout import CategoricalColumn, Column, NumericColumn
from mlflow_exporter.profiles.outcomes import OutcomeSpec

MOST_CLASSES = 50
"""Whole numbers with more distinct values than this are not taken for classes."""

CLASSES_LIMIT = 1_000
"""A classifier of more is refused: memory and time of its tallies grow with the square of its classes."""


@dataclass(frozen=True)
class Request:
    """What a baseline is to be made of.

    `parts` names the columns that are no features; `parts.prediction` may be a column that the data has not.
    `features` are the model's inputs where its signature tells them, else None: every other column is one.
    `categorical` are numbers that stand for categories. `task` is None where it is to be told from the label.
    `sampled` asks for a sample of encoded rows to be kept in the baseline.
    """

    parts: Parts
    task: Task | None = None
    positive: str | None = None
    features: Sequence[str] | None = None
    exclude: Sequence[str] = ()
    categorical: Sequence[str] = ()
    segments: Sequence[str] = ()
    most_columns: int = 500
    origin: str = ""
    sampled: bool = False


def present_parts(parts: Parts, sample: Sample) -> Parts:
    """The parts without what only production has."""
    probabilities = {label: name for label, name in parts.probabilities.items() if name in sample.names}
    label = parts.label if parts.label in sample.names else None
    return Parts(parts.prediction, None, None, probabilities, label, None)


def infer_outcome(sample: Sample, request: Request) -> OutcomeSpec:
    """The task, the classes and where their scores are.

    Raises BaselineError where the task cannot be told, or there are too many classes.
    """
    parts = request.parts
    if (request.task or _task(sample, request)) is Task.REGRESSION:
        return OutcomeSpec.regression()
    classes = _classes(parts.probabilities, _answer_columns(sample, parts))
    if len(classes) > CLASSES_LIMIT:
        raise _too_many(classes, sample, request)
    spec = OutcomeSpec.classification(classes, request.positive)
    columns = [parts.probabilities.get(label) for label in spec.score_columns]
    if not all(column in sample.names for column in columns):
        return spec
    scores = np.column_stack([numbers(sample.column(name), Kind.FLOAT).floats() for name in columns if name])
    return OutcomeSpec.classification(classes, request.positive, np.clip(scores, 0, 1))


def infer_columns(sample: Sample, request: Request, spec: OutcomeSpec) -> list[Column]:
    """The columns of the layout, with their bins: features, then prediction, label and score."""
    parts = request.parts
    columns = [
        _column(Role.FEATURE, name, sample, is_category=name in request.categorical)
        for name in feature_names(sample, request)[: request.most_columns]
    ]
    for role, name, own in ((Role.PREDICTION, PREDICTION, parts.prediction), (Role.LABEL, LABEL, parts.label)):
        if own in sample.names:
            columns.append(_answer(role, name, sample.column(own), spec))
    score = parts.probabilities.get(spec.positive or "")
    if score in sample.names:
        columns.append(_numeric(Role.PREDICTION, SCORE, sample.column(score), Kind.FLOAT))
    return columns


def feature_names(sample: Sample, request: Request) -> list[str]:
    """The features that the data has, in the order of the signature or of the data."""
    others = {*request.parts.names, *request.exclude}
    wanted = sample.names if request.features is None else (*request.features, *request.segments)
    return [name for name in dict.fromkeys(wanted) if name in sample.names and name not in others]


def _answer_columns(sample: Sample, parts: Parts) -> list[pa.ChunkedArray]:
    return [sample.column(name) for name in _answers(sample, parts)]


def _answers(sample: Sample, parts: Parts) -> list[str]:
    return [name for name in (parts.label, parts.prediction) if name and name in sample.names]


def _too_many(classes: Sequence[str], sample: Sample, request: Request) -> BaselineError:
    names = " and ".join(map(repr, _answers(sample, request.parts))) or "the probabilities"
    limit = f"a classifier may have {CLASSES_LIMIT:,}"
    what = f"{len(classes):,} classes in {names}, where {limit}: it looks like an identifier or a number"
    return BaselineError(
        what, where=request.origin, mend="give another column, or `task: regression` (--task regression)"
    )


def _task(sample: Sample, request: Request) -> Task:
    """What the answers look like: text, truth and few distinct whole numbers are classes."""
    if request.parts.probabilities:
        return Task.CLASSIFICATION
    answers = _answer_columns(sample, request.parts)
    if not answers:
        mend = "set `task`, or name the columns of label and prediction"
        raise BaselineError("it has no label and no prediction to tell the task from", where=request.origin, mend=mend)
    return Task.CLASSIFICATION if all(map(_looks_like_classes, answers)) else Task.REGRESSION


def _looks_like_classes(column: pa.ChunkedArray) -> bool:
    """Not numbers, or at most MOST_CLASSES whole ones; floats count by value, since pandas makes them of missing."""
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return True
    read = numbers(column, Kind.FLOAT)
    values = read.floats()[~np.isnan(read.floats())]
    return bool((np.floor(values) == values).all()) and len(np.unique(values)) <= MOST_CLASSES


def _classes(configured: Iterable[str], answers: Sequence[pa.ChunkedArray]) -> tuple[str, ...]:
    """Every class once, as it is written where it is met first; in order, of numbers where they are numbers."""
    classes = {value_of(label): label for label in configured}
    for column in answers:
        read = categories(column)
        met = read.names.take(pa.array(np.unique(read.codes[read.codes >= 0]))).to_pylist()
        classes = {value_of(label): label for label in met} | classes
    labels = classes.values()
    if all(label.removeprefix("-").isdecimal() for label in labels):
        return tuple(sorted(labels, key=int))
    return tuple(sorted(labels))


def _answer(role: Role, name: str, column: pa.ChunkedArray, spec: OutcomeSpec) -> Column:
    if spec.task is Task.CLASSIFICATION:
        return CategoricalColumn(role, name, spec.classes)
    return _numeric(role, name, column, Kind.FLOAT)


def _column(role: Role, name: str, sample: Sample, *, is_category: bool) -> Column:
    column = sample.column(name)
    kind = Kind.CATEGORICAL if is_category else kind_of(column)
    if kind is Kind.CATEGORICAL and not is_category and name in sample.mixed and _mostly_numbers(column):
        kind = Kind.FLOAT
    return _categorical(role, name, column) if kind is Kind.CATEGORICAL else _numeric(role, name, column, kind)


def _categorical(role: Role, name: str, column: pa.ChunkedArray) -> CategoricalColumn:
    read = categories(column)
    codes, rows = np.unique(read.codes[read.codes >= 0], return_counts=True)
    names = read.names.take(pa.array(codes)).to_pylist()
    counts: Counter[str] = Counter()
    for category, count in zip(names, rows.tolist(), strict=True):
        counts[category] += count
    kept = top_categories(counts)
    return CategoricalColumn(role, name, kept, other=len(counts) > len(kept))


def _numeric(role: Role, name: str, column: pa.ChunkedArray, kind: Kind) -> NumericColumn:
    read = numbers(column, kind)
    present = read.values[read.present]
    finite = present[np.isfinite(present)]
    return NumericColumn(role, name, kind, numeric_edges(finite), is_discrete(finite))


def kind_of(column: pa.ChunkedArray) -> Kind:
    """The kind of a column's values by their type; numbers that an int64 does not hold exactly are FLOAT."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return Kind.BOOLEAN
    if pa.types.is_uint64(kind) or (pa.types.is_decimal(kind) and kind.scale <= 0):
        return Kind.INTEGER if _fits_integer(column) else Kind.FLOAT
    if pa.types.is_integer(kind):
        return Kind.INTEGER
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
        return Kind.FLOAT
    return Kind.TIMESTAMP if pa.types.is_timestamp(kind) or pa.types.is_date(kind) else Kind.CATEGORICAL


def _fits_integer(column: pa.ChunkedArray) -> bool:
    largest: int | Decimal | None = pc.max(pc.abs(column)).as_py()
    return largest is None or bool(largest < 2**63)


def _mostly_numbers(column: pa.ChunkedArray) -> bool:
    """Whether more of the texts are numbers than are not."""
    read = numbers(column, Kind.FLOAT)
    rows = len(column) - int(column.null_count)
    return 2 * int(read.present.sum()) > rows
