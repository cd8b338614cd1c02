"""A version that is watched, in the bins of its baseline: what is kept of it between evaluations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlflow_exporter.config.data import Mode
from mlflow_exporter.config.settings import Clock, ModelSettings
from mlflow_exporter.domain import ModelKey, Problem
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import Parts, Plan, segments_of
from mlflow_exporter.evaluation.baselines import Found
from mlflow_exporter.evaluation.buckets import Scale, roll_up
from mlflow_exporter.evaluation.drift import DriftEvaluator, DriftPolicy
from mlflow_exporter.evaluation.labels import LabelParts
from mlflow_exporter.evaluation.poll import Poll
from mlflow_exporter.evaluation.reader import Labelled, Reader
from mlflow_exporter.evaluation.snapshots import READ_FROM
from mlflow_exporter.evaluation.stream import Stream
from mlflow_exporter.evaluation.windows import WindowSum, WindowSums
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.sources.files import Files
from mlflow_exporter.state.store import Store


@dataclass(eq=False)
class Watched:
    """A version with its reader and the sums of its windows.

    `newest` is the latest event time counted, in Unix seconds; `problems` are those of its configuration.
    """

    key: ModelKey
    baseline: Baseline
    store: Store
    stream: Stream
    reader: Reader
    sums: WindowSums
    drift: DriftEvaluator
    problems: tuple[Problem, ...]
    by_event: bool
    newest: float | None
    _housekept: tuple[int, int] = (0, 0)
    _read: Mapping[str, int] = field(default_factory=dict)

    def poll(self, now: float) -> Poll:
        """Count what is new; `now` is the wall clock."""
        poll = self.reader.poll(now, (self.newest or 0.0) if self.by_event else None)
        self.newest = max((time for time in (self.newest, poll.newest) if time is not None), default=None)
        if poll.restarted or poll.many or self._counted_elsewhere(poll):
            self.sums.forget()
        return poll

    def _counted_elsewhere(self, poll: Poll) -> bool:
        """Whether the state has rows that this process did not count: another exporter works on the same state."""
        with self.store.reading() as transaction:
            read = transaction.counters.of(self.stream.model, "read")
        expected = Counter(self._read) + Counter(poll.rows_read)
        self._read = read
        return Counter(read) != expected

    def windows(self, poll: Poll, now: float) -> tuple[WindowSum, ...]:
        """The sum of each window after a poll."""
        scale = self.scale(now)
        self._keep_house(scale, now)
        return self.sums.advance(poll.added, scale)

    def scale(self, now: float) -> Scale:
        """How wide buckets are, and where windows end: now, or at the newest event."""
        end = self.newest if self.by_event and self.newest is not None else now
        return Scale(end, timeless=self.stream.horizon is None)

    def _keep_house(self, scale: Scale, now: float) -> None:
        """Once an hour, widen old buckets and delete what is older than any window and label can reach."""
        stream, boundaries = self.stream, (scale.hours_until, scale.days_until)
        if stream.horizon is None or boundaries == self._housekept:
            return
        # As far back as rows are accepted, and so as far back as the longest window goes: all of its first bucket.
        oldest = scale.start_of(scale.now - stream.horizon)
        oldest_read = Scale(now).start_of(now - stream.horizon)
        with self.store.transaction() as transaction:
            roll_up(transaction.buckets, stream.number, scale, stream.total)
            for number in transaction.streams.of(stream.model):
                transaction.buckets.expire(number, oldest)
                transaction.ledger.expire(number, oldest)
                transaction.waiting_predictions.expire(number, oldest)
                transaction.waiting_labels.expire(number, oldest_read)
        self._housekept = boundaries


def watch(settings: ModelSettings, key: ModelKey, found: Found, store: Store, engine: LocalEngine) -> Watched:
    """Begin to watch a version, or go on from what the state has of it."""
    baseline = found.baseline
    segments, unknown = segments_of(baseline.layout, settings.segments)
    plan = Plan(baseline.layout, baseline.spec, _parts(settings), segments)
    stream = Stream(_open_stream(store, key, baseline.digest), key.name, plan, _horizon(settings))
    return Watched(
        key,
        baseline,
        store,
        stream,
        Reader(store, engine, stream, _predictions(settings), _labelled(settings)),
        WindowSums(store, stream, settings.windows),
        DriftEvaluator(baseline, _policy(settings)),
        (*found.problems, *map(_unknown_segment, unknown)),
        settings.clock is Clock.EVENT,
        _newest(store, stream),
    )


def _open_stream(store: Store, key: ModelKey, digest: str) -> int:
    """The stream of a version in these bins; what was counted in other bins is dropped, and read again."""
    with store.transaction() as transaction:
        streams = transaction.streams
        others = streams.in_other_bins(key.name, key.version, digest)
        for other in others:
            streams.drop(other)
        if others:
            transaction.positions.forget(key.name, READ_FROM)
        return streams.open(key.name, key.version, digest)


def _newest(store: Store, stream: Stream) -> float | None:
    with store.reading() as transaction:
        last = transaction.buckets.last(stream.number)
    return None if last is None else stream.summary_of(last).newest


def _predictions(settings: ModelSettings) -> Files:
    return Files(settings.predictions.path, mode=settings.predictions.mode.value)


def _labelled(settings: ModelSettings) -> Labelled | None:
    if settings.labels is None:
        return None
    columns = settings.labels.columns
    source = Files(settings.labels.path, mode=settings.labels.mode.value)
    return Labelled(source, LabelParts(columns.id, columns.label, columns.timestamp))


def _parts(settings: ModelSettings) -> Parts:
    columns = settings.predictions.columns
    return Parts(
        columns.prediction,
        columns.timestamp,
        columns.id,
        dict(columns.probabilities),
        None if settings.labels is not None else columns.label,
        columns.latency,
    )


def _horizon(settings: ModelSettings) -> float | None:
    """For how long rows are kept: the longest window, and as long as a label may take."""
    if settings.predictions.mode is Mode.SNAPSHOT:
        return None
    longest = max(window.seconds for window in settings.windows if window.seconds is not None)
    return longest + (settings.labels.max_delay if settings.labels is not None else 0)


def _policy(settings: ModelSettings) -> DriftPolicy:
    drift = settings.drift
    return DriftPolicy(
        drift.tests.numeric,
        drift.tests.categorical,
        drift.false_alarm_rate,
        {str(test): floor for test, floor in drift.floors.items()},
        {name: column.tests for name, column in drift.columns.items() if column.tests is not None},
        {name: column.floor for name, column in drift.columns.items() if column.floor is not None},
    )


def _unknown_segment(name: str) -> Problem:
    return Problem(
        f"segments: {name!r}",
        "the baseline has no such column of few values",
        "name a categorical column of the baseline",
    )
