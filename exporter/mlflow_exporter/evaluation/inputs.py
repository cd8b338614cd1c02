"""Which columns a model's sources must have, and of what types."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from mlflow_exporter.domain import Kind, Task
from mlflow_exporter.engines.plan import Plan
from mlflow_exporter.engines.values import ARROW_TYPES
from mlflow_exporter.errors import ColumnMissing
from mlflow_exporter.evaluation.labels import LabelParts
from mlflow_exporter.sources.source import Chunk

_LISTED = 20


@dataclass(frozen=True)
class Input:
    """The columns that are asked of a source.

    Rows without the `required` ones are not read. JSON lines leave the `optional` ones out where they are null, so
    these are missed only where a column of nearly that name is there instead.
    """

    types: dict[str, pa.DataType]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def require(self, chunk: Chunk) -> None:
        """Raise ColumnMissing, with the nearest name, where the chunk lacks a column that it should have."""
        others = [name for name in (*chunk.names, *chunk.ignored) if name not in (*self.required, *self.optional)]
        absent = [name for name in self.required if name not in chunk.names]
        absent += [name for name in self.optional if name not in chunk.names and _near(name, others)]
        if absent:
            names = ", ".join(map(repr, absent))
            raise ColumnMissing(
                f"there is no column {names}, so none of it is read", where=chunk.item, mend=_hint(absent, others)
            )


def prediction_input(plan: Plan) -> Input:
    """What is asked of a model's predictions."""
    parts, columns = plan.parts, plan.columns
    types = {columns[c.role, c.name]: ARROW_TYPES[c.kind] for c in plan.layout.columns if (c.role, c.name) in columns}
    types |= dict.fromkeys(plan.segments, pa.string())
    types |= dict.fromkeys((*parts.probabilities.values(), *_given(parts.latency)), pa.float64())
    types |= dict.fromkeys(_given(parts.prediction, parts.label), _answer_type(plan))
    types |= dict.fromkeys(_given(parts.id), pa.string())
    types |= dict.fromkeys(_given(parts.timestamp), ARROW_TYPES[Kind.TIMESTAMP])
    optional = (*_given(parts.label), *parts.optional)
    return Input(types, tuple(name for name in parts.names if name not in optional), optional)


def label_input(parts: LabelParts, plan: Plan) -> Input:
    """What is asked of a model's labels."""
    types = {parts.id: pa.string(), parts.label: _answer_type(plan)}
    types |= dict.fromkeys(_given(parts.timestamp), ARROW_TYPES[Kind.TIMESTAMP])
    return Input(types, parts.names)


def _given(*names: str | None) -> tuple[str, ...]:
    return tuple(name for name in names if name is not None)


def _answer_type(plan: Plan) -> pa.DataType:
    return pa.float64() if plan.outcome.task is Task.REGRESSION else pa.string()


def _near(name: str, others: Sequence[str]) -> list[str]:
    return difflib.get_close_matches(name, others, n=1)


def _hint(absent: Sequence[str], others: Sequence[str]) -> str:
    nearest = [match for name in absent for match in _near(name, others)]
    there = f"did you mean {nearest[0]!r}?" if nearest else f"its other columns are {', '.join(others[:_LISTED])}"
    return f"name it in `columns`; {there}"
