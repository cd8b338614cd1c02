"""What each row of a chunk is: when it happened, what the model answered, what was true; and which rows are refused.

A row is refused whole, with a reason and one example of it, so that rows read = rows counted + rows refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlflow_exporter.domain import Kind, Rejection, Role, Task
from mlflow_exporter.engines import identity
from mlflow_exporter.engines.categories import categories, positions_in
from mlflow_exporter.engines.plan import Plan
from mlflow_exporter.engines.values import MISSING, WRONG, numbers, unix_seconds
from mlflow_exporter.profiles.layout import Floats, Ints

OTHER = "other"
SUM_TOLERANCE = 0.005
"""How far probabilities may be from a sum of 1, for each class: what rounding to two decimals can lose."""

ROUNDING_TOLERANCE = 1e-6
"""How far a probability may be outside 0 to 1: what a softmax in 32 bits does."""

FUTURE_TOLERANCE_SECONDS = 300
"""How far ahead of this machine's clock another's may be."""

_IDENTIFYING_FEATURES = 8


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a chunk, in its order; all arrays are (n,) unless said otherwise.

    What is said of a refused row means nothing. `times` are Unix seconds, None where the log has none. `predicted`
    and `actual` are class codes, or numbers for regression; `labelled` tells where `actual` is there. `probabilities`
    (n, K) are of the outcome's score columns, within 0 to 1; None where the log has not all of these. `latency` is
    in seconds, NaN where it is missing. `keys` (n, 2) hash the ids, or (n, 1) the values of the row where the log
    has no ids. `segments` has a code for each row, into the plan's values and OTHER after them.
    """

    times: Floats | None
    keys: identity.Hashes
    predicted: Ints | Floats
    actual: Ints | Floats
    labelled: NDArray[np.bool_]
    probabilities: Floats | None
    latency: Floats | None
    segments: Mapping[str, Ints]


class Refusals:
    """Collects which rows are refused, and why: the first reason counts."""

    def __init__(self, rows: int, origin: str) -> None:
        self.kept = np.ones(rows, np.bool_)
        self.rejections: list[Rejection] = []
        self._origin = origin

    def refuse(self, wrong: NDArray[np.bool_], reason: str, describe: Callable[[int], str]) -> None:
        """Refuse the rows that are `wrong` and still kept; `describe` says what is wrong with one of them."""
        refused = wrong & self.kept
        count = int(refused.sum())
        if count:
            first = int(np.argmax(refused))
            example = f"{self._origin}, row {first + 1}: {describe(first)}"
            self.rejections.append(Rejection(reason, count, example))
            self.kept &= ~refused


def columns_needed(plan: Plan, names: Sequence[str]) -> list[str]:
    """Which of a log's columns `interpret` wants; without ids, the first features too, to tell rows apart."""
    wanted = [*plan.parts.names, *plan.segments]
    if plan.parts.id is None:
        wanted += [column.name for column in plan.layout.columns if column.role is Role.FEATURE][:_IDENTIFYING_FEATURES]
    return [name for name in dict.fromkeys(wanted) if name in names]


def interpret(table: pa.Table, plan: Plan, now: float, refusals: Refusals) -> Rows:
    """Read the parts that columns play; `table` has those of `plan.parts` and `plan.segments` that the log has.

    `now` is the wall clock: an event after it (and FUTURE_TOLERANCE_SECONDS) has a wrong time. What makes no sense is
    noted in `refusals`.
    """
    times = None if plan.parts.timestamp is None else _times(table, plan.parts.timestamp, now, refusals)
    keys = _keys(table, plan, refusals)
    predicted = _answers(table, plan.parts.prediction, plan, refusals)
    probabilities = _probabilities(table, plan, refusals)
    actual, labelled = _labels(table, plan, refusals)
    latency = _latency(table, plan)
    segments = {name: _segment_codes(table, name, kept) for name, kept in plan.segments.items()}
    return Rows(times, keys, predicted, actual, labelled, probabilities, latency, segments)


def outcome_values(column: pa.ChunkedArray, plan: Plan) -> tuple[Ints | Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Predictions or labels as codes or numbers, where they are missing, and where they are no answer of the model."""
    if plan.outcome.task is Task.REGRESSION:
        read = numbers(column, Kind.FLOAT)
        floats = read.floats()
        wrong = np.isinf(floats) if read.state is None else np.isinf(floats) | (read.state == WRONG)
        return floats, np.isnan(floats) & ~wrong, wrong
    codes, missing = _lookup(column, plan.outcome.classes)
    return codes, missing, ~missing & (codes == len(plan.outcome.classes))


def _lookup(column: pa.ChunkedArray, known: Sequence[str]) -> tuple[Ints, NDArray[np.bool_]]:
    """(n,) the position of each row's category among the K known ones, K for any other and for none; where none is."""
    read = categories(column)
    positions = np.append(positions_in(known, read.names), len(known))
    return positions[read.codes], read.codes < 0


def _times(table: pa.Table, name: str, now: float, refusals: Refusals) -> Floats:
    column = table.column(name)
    read, shown = unix_seconds(column), _value_at(column, name)
    if read.state is not None:
        refusals.refuse(read.state == MISSING, "missing_timestamp", lambda _: f"{name} is empty")
        refusals.refuse(read.state == WRONG, "invalid_timestamp", lambda i: f"{shown(i)} is not a time")
    times = read.floats()
    refusals.refuse(
        times > now + FUTURE_TOLERANCE_SECONDS, "future_timestamp", lambda i: f"{shown(i)} is in the future"
    )
    return times


def _keys(table: pa.Table, plan: Plan, refusals: Refusals) -> identity.Hashes:
    if plan.parts.id is None:
        return identity.of_rows(table)
    keys, present = identity.of_ids(table.column(plan.parts.id))
    refusals.refuse(~present, "missing_id", lambda _: f"{plan.parts.id} is empty")
    return keys


def _answers(table: pa.Table, name: str, plan: Plan, refusals: Refusals) -> Ints | Floats:
    column = table.column(name)
    answers, missing, wrong = outcome_values(column, plan)
    shown = _value_at(column, name)
    refusals.refuse(missing, "missing_prediction", lambda _: f"{name} is empty")
    if plan.outcome.task is Task.REGRESSION:
        refusals.refuse(wrong, "invalid_prediction", lambda i: f"{shown(i)} is not a finite number")
    else:
        refusals.refuse(wrong, "unknown_class", lambda i: f"{shown(i)} is none of {list(plan.outcome.classes)}")
    return answers


def _probabilities(table: pa.Table, plan: Plan, refusals: Refusals) -> Floats | None:
    """(n, K) probabilities of the outcome's score columns; rows where the given ones make no sense are refused."""
    given = {label: name for label, name in plan.parts.probabilities.items() if name in table.column_names}
    if plan.outcome.task is Task.REGRESSION or not all(label in given for label in plan.outcome.score_columns):
        return None
    read = {label: numbers(table.column(name), Kind.FLOAT).floats() for label, name in given.items()}
    _refuse_impossible(np.column_stack(list(read.values())), given, plan, refusals)
    return np.clip(np.column_stack([read[label] for label in plan.outcome.score_columns]), 0, 1)


def _refuse_impossible(probabilities: Floats, given: Mapping[str, str], plan: Plan, refusals: Refusals) -> None:
    """Refuse what is missing or outside 0 to 1, and, where every class has a column, what does not sum to 1."""
    names = ", ".join(given.values())
    inside = (probabilities >= -ROUNDING_TOLERANCE) & (probabilities <= 1 + ROUNDING_TOLERANCE)
    refusals.refuse(
        ~np.all(inside, axis=1),
        "invalid_probabilities",
        lambda i: f"{names} are {probabilities[i].tolist()}, not within 0 to 1",
    )
    if set(given) >= set(plan.outcome.classes):
        total = probabilities.sum(axis=1)
        off = np.abs(total - 1) > SUM_TOLERANCE * len(given) + ROUNDING_TOLERANCE
        refusals.refuse(off, "invalid_probabilities", lambda i: f"{names} sum to {total[i]:.4g}, not to 1")


def _labels(table: pa.Table, plan: Plan, refusals: Refusals) -> tuple[Ints | Floats, NDArray[np.bool_]]:
    name = plan.parts.label
    if name is None or name not in table.column_names:
        return np.zeros(table.num_rows, np.int64), np.zeros(table.num_rows, np.bool_)
    column = table.column(name)
    actual, missing, wrong = outcome_values(column, plan)
    shown = _value_at(column, name)
    refusals.refuse(wrong, "invalid_label", lambda i: f"{shown(i)} is no label of this model")
    return actual, ~missing


def _latency(table: pa.Table, plan: Plan) -> Floats | None:
    name = plan.parts.latency
    if name is None or name not in table.column_names:
        return None
    return numbers(table.column(name), Kind.FLOAT).floats()


def _segment_codes(table: pa.Table, name: str, own: tuple[str, ...]) -> Ints:
    if name not in table.column_names:
        return np.full(table.num_rows, len(own), np.int64)
    return _lookup(table.column(name), own)[0]


def _value_at(column: pa.ChunkedArray, name: str) -> Callable[[int], str]:
    def shown(row: int) -> str:
        value: Any = column[row].as_py()
        return f"{name} {str(value)[:80]!r}"

    return shown
