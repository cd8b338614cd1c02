"""Predictions and the labels that come apart from them: joined by id whenever the second of the two arrives.

A joined pair is counted in the bucket of the prediction's time, in the stream of the version that made it, whichever
version is watched by then. What waits for its other half is kept in the state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlflow_exporter.domain import Task
from mlflow_exporter.engines import identity
from mlflow_exporter.engines.local import Groups
from mlflow_exporter.engines.plan import Plan
from mlflow_exporter.engines.rows import Refusals, Rows
from mlflow_exporter.engines.summaries import Outcomes, summarise_labels
from mlflow_exporter.evaluation.ageing import Ageing
from mlflow_exporter.evaluation.answers import Answers
from mlflow_exporter.evaluation.buckets import Scale
from mlflow_exporter.evaluation.labels import LabelTable, pack_labels, unpack_labels
from mlflow_exporter.evaluation.stream import Stream, gathered
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.summary import Summary
from mlflow_exporter.state.store import Store
from mlflow_exporter.state.transaction import Transaction
from mlflow_exporter.state.waiting import Waiting

_MANY = 100_000
"""Labels that are let wait at once, under the state's write lock: for less than a second."""


@dataclass(frozen=True, eq=False)
class Joined:
    """Those that waited in a stream and have found their other half, and what the pairs add to its buckets."""

    stream: Stream
    ids: Sequence[bytes]
    added: Mapping[int, Summary]


@dataclass(frozen=True, eq=False)
class Join:
    """What a chunk is joined with, made without the state's write lock: `joined`, and those that wait from now on.

    `of_labels` tells a chunk of labels from one of predictions.
    """

    joined: tuple[Joined, ...]
    waiting: Waiting
    of_labels: bool

    def with_few_waiting(self, store: Store, stream: Stream) -> Join:
        """The same where many labels wait already: they may, before they are counted, and nobody waits long for that.

        Should they be read once more, each still waits once.
        """
        waiting = self.waiting
        while self.of_labels and len(waiting.ids) > _MANY:
            with store.transaction() as transaction:
                stream.hold(transaction)
                transaction.waiting_labels.add(stream.number, waiting.part(0, _MANY))
            waiting = waiting.part(_MANY, len(waiting.ids))
        return replace(self, waiting=waiting)

    def commit(self, transaction: Transaction, stream: Stream) -> None:
        """Who was found waits no more, and the others wait in the stream."""
        rooms = transaction.waiting_labels, transaction.waiting_predictions
        here, there = rooms if self.of_labels else reversed(rooms)
        for joined in self.joined:
            there.take(joined.stream.number, joined.ids)
        here.add(stream.number, self.waiting)


@dataclass(frozen=True)
class Joiner:
    """Joins what is read into a stream; predictions of the `others`, of other versions, may still wait for labels."""

    stream: Stream
    others: tuple[Stream, ...] = ()

    def join_labels(self, transaction: Transaction, table: LabelTable, refusals: Refusals, ageing: Ageing) -> Join:
        """The labels whose predictions were waiting; the others are to wait.

        Of several labels with one id the first counts.
        """
        streams = (self.stream, *self.others)
        found = _find(transaction, streams, [key for key, kept in zip(table.keys, refusals.kept, strict=True) if kept])
        owner = _owners(table.keys, [waiting.ids for waiting in found])
        labels = table.interpret(owner, [stream.plan for stream in streams], ageing.by_now(), refusals)
        chosen = np.flatnonzero(refusals.kept).tolist()
        first = {table.keys[i]: i for i in reversed(chosen)}
        joined = []
        for stream, waiting in zip(streams, found, strict=True):
            here = [i for i, key in enumerate(waiting.ids) if key in first]
            rows = [first.pop(waiting.ids[i]) for i in here]
            answers = Answers.unpack([waiting.payloads[i] for i in here], stream.plan)
            at = np.array(waiting.at)[here]
            pairs = _summaries(stream.plan, answers, at, labels.actual[rows], labels.times[rows], ageing.scale)
            joined.append(Joined(stream, [waiting.ids[i] for i in here], gathered(pairs, stream.plan)))
        early = np.array(list(first.values()), np.int64)
        packed = pack_labels(labels.actual[early], labels.times[early], self.stream.plan)
        return Join(tuple(joined), Waiting(list(first), [ageing.now] * len(first), packed), of_labels=True)

    def join_predictions(self, transaction: Transaction, rows: Rows, kept: NDArray[np.bool_], scale: Scale) -> Join:
        """The predictions whose labels came first; the others are to wait.

        Of several predictions with one id the first is joined.
        """
        plan, chosen = self.stream.plan, np.flatnonzero(kept)
        keys = identity.as_keys(rows.keys[chosen])
        found = transaction.waiting_labels.find(self.stream.number, list(dict.fromkeys(keys)))
        answers = Answers.of(rows, plan).take(chosen)
        at = np.zeros(len(chosen)) if rows.times is None else rows.times[chosen]
        actual, times = unpack_labels(found.payloads, plan)
        known = np.flatnonzero(~np.isnan(actual))
        ids = [found.ids[i] for i in known.tolist()]
        first = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
        matched = np.array([first[key] for key in ids], np.int64)
        pairs = _summaries(plan, answers.take(matched), at[matched], actual[known], times[known], scale)
        joined = Joined(self.stream, ids, gathered(pairs, plan))
        return Join((joined,), _left(keys, at, answers, set(ids)), of_labels=False)


def _find(transaction: Transaction, streams: Sequence[Stream], keys: Sequence[bytes]) -> list[Waiting]:
    """The predictions that wait for these labels in each stream; each label finds one at most."""
    wanted, found = dict.fromkeys(keys), []
    for stream in streams:
        waiting = transaction.waiting_predictions.find(stream.number, list(wanted))
        found.append(waiting)
        for key in waiting.ids:
            del wanted[key]
    return found


def _owners(keys: Sequence[bytes], found: Sequence[Sequence[bytes]]) -> NDArray[np.int64]:
    """(n,) the number of the stream that has the prediction of each label; 0 where none has it."""
    numbers = {key: number for number, ids in enumerate(found) if number for key in ids}
    if not numbers:
        return np.zeros(len(keys), np.int64)
    return np.array([numbers.get(key, 0) for key in keys], np.int64)


def _left(keys: Sequence[bytes], at: Floats, answers: Answers, joined: set[bytes]) -> Waiting:
    """The predictions that have not found their label."""
    left = np.array([i for i, key in enumerate(keys) if key not in joined], np.int64)
    return Waiting([keys[i] for i in left.tolist()], at[left].tolist(), answers.take(left).pack())


def _summaries(
    plan: Plan,
    answers: Answers,
    at: Floats,
    actual: Floats,
    labelled_at: Floats,
    scale: Scale,
) -> Iterator[tuple[int, Summary]]:
    """The summaries of joined pairs, with the starts of their buckets."""
    if not len(at):
        return
    starts, group_of_row = np.unique(scale.starts_of(at), return_inverse=True)
    delays = np.full(len(at), np.nan) if plan.parts.timestamp is None else labelled_at - at
    outcomes = _outcomes(answers, plan, actual, delays)
    groups = Groups.by(group_of_row, len(starts))
    yield from zip(
        starts.tolist(), summarise_labels(_label_column(outcomes, plan), outcomes, plan, groups), strict=True
    )


def _outcomes(answers: Answers, plan: Plan, actual: Floats, delays: Floats) -> Outcomes:
    scores = plan.outcome.score_columns
    has_scores = len(scores) > 0 and plan.parts.probabilities.keys() >= set(scores)
    told: tuple[Ints | Floats, Ints | Floats] = (actual, answers.predicted)
    if plan.outcome.task is Task.CLASSIFICATION:
        told = (actual.astype(np.int64), answers.predicted.astype(np.int64))
    return Outcomes(*told, answers.probabilities if has_scores else None, answers.segments, delays)


def _label_column(outcomes: Outcomes, plan: Plan) -> pa.ChunkedArray:
    if plan.outcome.task is Task.REGRESSION:
        return pa.chunked_array([pa.array(outcomes.actual)])
    classes = pa.array(plan.outcome.classes, pa.string())
    return pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array(outcomes.actual.astype(np.int32)), classes)])
