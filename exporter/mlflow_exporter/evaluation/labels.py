"""Labels that come apart from their predictions: joined by id whenever the second of the two arrives.

A joined pair is counted in the bucket of the prediction's time. What waits for its other half is kept in the state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlflow_exporter.domain import Task
from mlflow_exporter.engines import identity
from mlflow_exporter.engines.local import Groups
from mlflow_exporter.engines.plan import Plan
from mlflow_exporter.engines.rows import Refusals, Rows, outcome_values
from mlflow_exporter.engines.summaries import Outcomes, summarise_labels
from mlflow_exporter.engines.values import PRESENT, unix_seconds
from mlflow_exporter.evaluation.ageing import Ageing
from mlflow_exporter.evaluation.buckets import Scale
from mlflow_exporter.evaluation.stream import Stream
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.summary import Summary
from mlflow_exporter.state.transaction import Transaction
from mlflow_exporter.state.waiting import Waiting

_BUCKETS_AT_ONCE = 16
"""Summaries of joined labels made before they are merged into what is stored: one may be some megabytes."""


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
    """Labels as read: `keys` (n, 2) hash their ids, `actual` and `times` (n,), times NaN where unknown."""

    keys: identity.Hashes
    actual: Floats
    times: Floats


def interpret_labels(table: pa.Table, parts: LabelParts, plan: Plan, now: float, refusals: Refusals) -> Labels:
    """Read labels; those without an id, and those that are empty or no answer of the model, are refused.

    A label became known when its timestamp says, or, where the source has none, `now`, when it is read.
    """
    keys, present = identity.of_ids(table.column(parts.id))
    refusals.refuse(~present, "missing_id", lambda _: f"{parts.id} is empty")
    column = table.column(parts.label)
    actual, missing, wrong = outcome_values(column, plan)
    refusals.refuse(missing, "missing_label", lambda _: f"{parts.label} is empty")
    refusals.refuse(
        wrong, "invalid_label", lambda i: f"{parts.label} {str(column[i])[:80]!r} is no label of this model"
    )
    return Labels(keys, actual.astype(np.float64), _times(table, parts, now))


def join_labels(
    transaction: Transaction,
    stream: Stream,
    labels: Labels,
    kept: NDArray[np.bool_],
    ageing: Ageing,
) -> Iterator[dict[int, Summary]]:
    """The summaries, by bucket, of the labels whose predictions were waiting; the others wait from now on.

    They come a few buckets at a time, for the caller to store and let go. Of several labels with one id
    the first counts.
    """
    chosen = np.flatnonzero(kept)
    keys = identity.as_keys(labels.keys[chosen])
    found = transaction.waiting_predictions.take(stream.number, keys)
    positions = dict(zip(reversed(keys), reversed(chosen.tolist()), strict=True))
    early = [
        Waiting(key, ageing.now, np.array([labels.actual[i], labels.times[i]]).tobytes())
        for key, i in positions.items()
        if key not in found
    ]
    transaction.waiting_labels.add(stream.number, early)
    payloads = _unpacked(list(found.values()), stream.plan)
    at = np.array([waiting.at for waiting in found.values()])
    rows = np.array([positions[key] for key in found], np.int64)
    yield from _summaries(stream.plan, payloads, at, labels.actual[rows], labels.times[rows], ageing.scale)


def join_predictions(
    transaction: Transaction,
    stream: Stream,
    rows: Rows,
    kept: NDArray[np.bool_],
    scale: Scale,
) -> Iterator[dict[int, Summary]]:
    """The summaries, by bucket, of the predictions whose labels came first; the others wait from now on.

    They come a few buckets at a time, for the caller to store and let go. Of several predictions with
    one id the first is joined.
    """
    chosen = np.flatnonzero(kept)
    keys = identity.as_keys(rows.keys[chosen])
    found = transaction.waiting_labels.take(stream.number, keys)
    payloads = _as_payloads(rows, stream.plan)[chosen]
    at = np.zeros(len(chosen)) if rows.times is None else rows.times[chosen]
    first = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
    matched = np.array([first[key] for key in found], np.int64)
    packed, width = payloads.tobytes(), payloads.shape[1] * payloads.itemsize
    late = [
        Waiting(key, seconds, packed[i * width : (i + 1) * width])
        for i, (key, seconds) in enumerate(zip(keys, at.tolist(), strict=True))
        if key not in found
    ]
    transaction.waiting_predictions.add(stream.number, late)
    told = np.frombuffer(b"".join(label.payload for label in found.values())).reshape(-1, 2)
    yield from _summaries(stream.plan, payloads[matched], at[matched], told[:, 0], told[:, 1], scale)


def _summaries(
    plan: Plan,
    payloads: Floats,
    at: Floats,
    actual: Floats,
    labelled_at: Floats,
    scale: Scale,
) -> Iterator[dict[int, Summary]]:
    if not len(at):
        return
    starts, group_of_row = np.unique(scale.starts_of(at), return_inverse=True)
    delays = np.full(len(at), np.nan) if plan.parts.timestamp is None else labelled_at - at
    outcomes = _outcomes(payloads, plan, actual, delays)
    groups = Groups.by(group_of_row, len(starts))
    summaries = summarise_labels(_label_column(outcomes, plan), outcomes, plan, groups)
    every = zip(starts.tolist(), summaries, strict=True)
    while part := dict(islice(every, _BUCKETS_AT_ONCE)):
        yield part


def _as_payloads(rows: Rows, plan: Plan) -> Floats:
    """(n, 1 + K + S) what must be known of a prediction when its label comes: answer, probabilities, segments."""
    scores = len(plan.outcome.score_columns)
    probabilities = np.full((len(rows.predicted), scores), np.nan) if rows.probabilities is None else rows.probabilities
    return np.column_stack([rows.predicted, probabilities, *(rows.segments[name] for name in plan.segments)])


def _unpacked(waiting: Sequence[Waiting], plan: Plan) -> Floats:
    width = 1 + len(plan.outcome.score_columns) + len(plan.segments)
    return np.frombuffer(b"".join(prediction.payload for prediction in waiting)).reshape(-1, width)


def _outcomes(payloads: Floats, plan: Plan, actual: Floats, delays: Floats) -> Outcomes:
    scores = len(plan.outcome.score_columns)
    has_scores = scores > 0 and plan.parts.probabilities.keys() >= set(plan.outcome.score_columns)
    probabilities = payloads[:, 1 : 1 + scores]
    segments: Mapping[str, NDArray[np.int64]] = {
        name: payloads[:, 1 + scores + i].astype(np.int64) for i, name in enumerate(plan.segments)
    }
    answers: tuple[Ints | Floats, Ints | Floats] = (actual, payloads[:, 0])
    if plan.outcome.task is Task.CLASSIFICATION:
        answers = (actual.astype(np.int64), payloads[:, 0].astype(np.int64))
    return Outcomes(*answers, probabilities if has_scores else None, segments, delays)


def _label_column(outcomes: Outcomes, plan: Plan) -> pa.ChunkedArray:
    if plan.outcome.task is Task.REGRESSION:
        return pa.chunked_array([pa.array(outcomes.actual)])
    classes = pa.array(plan.outcome.classes, pa.string())
    return pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array(outcomes.actual.astype(np.int32)), classes)])


def _times(table: pa.Table, parts: LabelParts, now: float) -> Floats:
    if parts.timestamp is None:
        return np.full(table.num_rows, now)
    read = unix_seconds(table.column(parts.timestamp))
    seconds = read.values.astype(np.float64)
    return seconds if read.state is None else np.where(read.state == PRESENT, seconds, np.nan)
