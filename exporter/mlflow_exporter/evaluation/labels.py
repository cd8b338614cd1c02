"""Labels that come apart from their predictions: what they say, and how they wait for a prediction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlflow_exporter.domain import Task
from mlflow_exporter.engines import identity
from mlflow_exporter.engines.plan import Plan
from mlflow_exporter.engines.rows import Refusals, outcome_values
from mlflow_exporter.engines.values import PRESENT, unix_seconds
from mlflow_exporter.profiles.layout import Floats

_TIME_BYTES = 8
_NUMBER = b"\xff"
"""What a number begins with as it waits: no UTF-8 text does, so it is never taken for a class, nor a class for it."""


@dataclass(frozen=True)
class LabelParts:
    """The columns of a source of labels; `timestamp` is when the label became known, None where that is not told."""

    id: str
    label: str
    timestamp: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every column named here."""
        return tuple(name for name in (self.id, self.label, self.timestamp) if name is not None)


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels as read: `keys` (n,) hash their ids, `actual` and `times` (n,), times NaN where unknown."""

    keys: list[bytes]
    actual: Floats
    times: Floats


@dataclass(frozen=True, eq=False)
class LabelTable:
    """The rows of a source of labels, `keys` (n,) the hashes of their ids.

    They are read for one or several plans, since the versions of a model may know different classes.
    """

    table: pa.Table
    parts: LabelParts
    keys: list[bytes]

    @classmethod
    def of(cls, table: pa.Table, parts: LabelParts, refusals: Refusals) -> LabelTable:
        """The rows with their keys; those without an id are refused."""
        hashes, present = identity.of_ids(table.column(parts.id))
        refusals.refuse(~present, "missing_id", lambda _: f"{parts.id} is empty")
        return cls(table, parts, identity.as_keys(hashes))

    def interpret(self, owner: NDArray[np.int64], plans: Sequence[Plan], now: float, refusals: Refusals) -> Labels:
        """What is true by each row's plan, that of the number `owner` (n,); what is empty or no answer is refused.

        A label became known when its timestamp says, or, where the source has none, `now`, when it is read.
        """
        column, name = self.table.column(self.parts.label), self.parts.label
        actual, missing, wrong = np.zeros(len(owner)), np.zeros(len(owner), np.bool_), np.zeros(len(owner), np.bool_)
        for number in np.unique(owner).tolist():
            own = owner == number
            for whole, part in zip((actual, missing, wrong), outcome_values(column, plans[number]), strict=True):
                whole[own] = part[own]
        refusals.refuse(missing, "missing_label", lambda _: f"{name} is empty")
        refusals.refuse(wrong, "invalid_label", lambda i: f"{name} {str(column[i])[:80]!r} is no label of this model")
        return Labels(self.keys, actual, _times(self.table, self.parts, now))


def pack_labels(actual: Floats, times: Floats, plan: Plan) -> list[bytes]:
    """How labels (n,) wait for their predictions: their time and answer, a class by its name.

    So another version of the model, which may know its classes in another order or do another task, understands them.
    """
    if plan.outcome.task is Task.REGRESSION:
        answers = [_NUMBER + answer.tobytes() for answer in actual]
    else:
        names = [name.encode() for name in plan.outcome.classes]
        answers = [names[code] for code in actual.astype(np.int64).tolist()]
    return [time.tobytes() + answer for time, answer in zip(times, answers, strict=True)]


def unpack_labels(packed: Sequence[bytes], plan: Plan) -> tuple[Floats, Floats]:
    """(n,) answers, NaN where one is none of this plan's, and (n,) times of labels that waited."""
    times = np.frombuffer(b"".join(label[:_TIME_BYTES] for label in packed))
    read = _number if plan.outcome.task is Task.REGRESSION else _code(plan.outcome.classes)
    return np.array([read(label[_TIME_BYTES:]) for label in packed], np.float64), times


def _number(answer: bytes) -> float:
    return float(np.frombuffer(answer.removeprefix(_NUMBER))[0]) if answer.startswith(_NUMBER) else np.nan


def _code(classes: Sequence[str]) -> Callable[[bytes], float]:
    codes = {name.encode(): float(code) for code, name in enumerate(classes)}
    return lambda answer: codes.get(answer, np.nan)


def _times(table: pa.Table, parts: LabelParts, now: float) -> Floats:
    if parts.timestamp is None:
        return np.full(table.num_rows, now)
    read = unix_seconds(table.column(parts.timestamp))
    seconds = read.values.astype(np.float64)
    return seconds if read.state is None else np.where(read.state == PRESENT, seconds, np.nan)
