"""A version that is watched, in the bins of its baseline: what is kept of it between evaluations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from mlflow_exporter.config.data import Mode
from mlflow_exporter.config.settings import Clock, ModelSettings
from mlflow_exporter.domain import ModelKey, Problem
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import Parts, Plan, segments_of
from mlflow_exporter.evaluation.ageing import EventClock
from mlflow_exporter.evaluation.baselines import Found
from mlflow_exporter.evaluation.buckets import Scale
from mlflow_exporter.evaluation.dataset import SAMPLED
from mlflow_exporter.evaluation.drift import DriftEvaluator, DriftPolicy
from mlflow_exporter.evaluation.housekeeping import Housekeeping
from mlflow_exporter.evaluation.labels import LabelParts
from mlflow_exporter.evaluation.opening import Opening, event_clock
from mlflow_exporter.evaluation.poll import Poll
from mlflow_exporter.evaluation.reader import Labelled, Reader, sources_by_name
from mlflow_exporter.evaluation.stream import Stream
from mlflow_exporter.evaluation.windows import WindowSum, WindowSums
from mlflow_exporter.instrument.records import PROBABILITY
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.sources.files import Files
from mlflow_exporter.sources.log import Log
from mlflow_exporter.sources.source import Source
from mlflow_exporter.state.store import Store


@dataclass(eq=False)
class Watched:
    """A version with its reader and the sums of its windows.

    `newest` is the latest event time counted, in Unix seconds; `events` is the clock by which windows end, None where
    that is the wall clock; `problems` are those of its configuration. `rows_read` (by source) and `rows_rejected` (by
    reason) are since the state was made.
    """

    key: ModelKey
    baseline: Baseline
    store: Store
    stream: Stream
    reader: Reader
    sums: WindowSums
    drift: DriftEvaluator
    problems: tuple[Problem, ...]
    housekeeping: Housekeeping
    events: EventClock | None
    newest: float | None
    rows_read: Mapping[str, int] = field(default_factory=dict)
    rows_rejected: Mapping[str, int] = field(default_factory=dict)

    def poll(self, now: float) -> Poll:
        """Count what is new; `now` is the wall clock."""
        poll = self.reader.poll(now, self.events)
        self.events = poll.ageing.events
        self.newest = max((time for time in (self.newest, poll.newest) if time is not None), default=None)
        elsewhere = self._counted_elsewhere(poll)
        if poll.restarted or poll.many or elsewhere:
            self.sums.forget()
        return poll

    def _counted_elsewhere(self, poll: Poll) -> bool:
        """Whether the state has rows that this process did not count: another exporter works on the same state."""
        expected = Counter(self.rows_read) + Counter(poll.rows_read)
        with self.store.reading() as transaction:
            self.rows_read = transaction.counters.of(self.stream.model, "read")
            self.rows_rejected = transaction.counters.of(self.stream.model, "rejected")
        return Counter(self.rows_read) != expected

    def has_rows(self) -> bool:
        """Whether the state has any row of the model, counted as this version's or as another's."""
        with self.store.reading() as transaction:
            return any(transaction.buckets.any(known.number) for known in transaction.streams.of(self.stream.model))

    def windows(self, poll: Poll, now: float) -> tuple[WindowSum, ...]:
        """The sum of each window after a poll."""
        scale = self.scale(now)
        self.housekeeping.keep(scale, now)
        return self.sums.advance(poll.added, scale)

    def scale(self, now: float) -> Scale:
        """How wide buckets are, and where windows end: now, or as far as events have come."""
        end = now if self.events is None or self.newest is None else self.events.time
        return Scale(end, timeless=self.stream.horizon is None)


def watch(
    settings: ModelSettings, key: ModelKey, found: Found, store: Store, engine: LocalEngine, *, again: bool = False
) -> Watched:
    """Begin to watch a version, or go on from what the state has of it.

    Raises StateError where this process has watched it with this baseline before (`again`), and another has begun to
    with another one since.
    """
    baseline = found.baseline
    labelled, predictions = _labelled(settings), predictions_of(settings, key)
    sources = sources_by_name(predictions, labelled)
    opened = Opening(store, partial(_plan, settings), _horizon(settings), sources).open(key, baseline, again=again)
    stream, clock = opened.stream, event_clock(store, opened.stream)
    return Watched(
        key,
        baseline,
        store,
        stream,
        Reader(store, engine, opened, predictions, labelled),
        WindowSums(store, stream, settings.windows),
        DriftEvaluator(baseline, _policy(settings)),
        (*found.problems, *map(_unknown_segment, segments_of(baseline.layout, settings.segments)[1])),
        Housekeeping(store, opened, sources),
        clock if settings.clock is Clock.EVENT else None,
        clock.newest or None,
    )


def _plan(settings: ModelSettings, baseline: Baseline) -> Plan:
    segments, _ = segments_of(baseline.layout, settings.segments)
    parts = _parts(settings, baseline.spec.classes)
    return _with_points(Plan(baseline.layout, baseline.spec, parts, segments), settings, baseline)


def _with_points(plan: Plan, settings: ModelSettings, baseline: Baseline) -> Plan:
    """The plan of a model whose rows are also counted as points, where a test of whole rows wants that."""
    tests = settings.drift.dataset
    return replace(plan, geometry=baseline.geometry if tests else None, sampled=SAMPLED in tests)


def predictions_of(settings: ModelSettings, key: ModelKey) -> Source:
    """The source of a version's predictions; raises SourceError where its path is none."""
    if settings.predictions.source == "log":
        return Log(settings.predictions.path, key)
    return Files(settings.predictions.path, mode=settings.predictions.mode.value)


def _labelled(settings: ModelSettings) -> Labelled | None:
    if settings.labels is None:
        return None
    columns = settings.labels.columns
    source = Files(settings.labels.path, mode=settings.labels.mode.value)
    return Labelled(source, LabelParts(columns.id, columns.label, columns.timestamp))


def _parts(settings: ModelSettings, classes: Sequence[str]) -> Parts:
    columns = settings.predictions.columns
    # As the instruments name them; a log has them where the model gave any.
    own = {name: PROBABILITY + name for name in classes} if settings.predictions.source == "log" else {}
    given = dict(columns.probabilities)
    return Parts(
        columns.prediction,
        columns.timestamp,
        columns.id,
        given or own,
        None if settings.labels is not None else columns.label,
        columns.latency,
        () if given else tuple(own.values()),
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
        drift.dataset,
    )


def _unknown_segment(name: str) -> Problem:
    return Problem(
        f"segments: {name!r}",
        "the baseline has no such column of few values",
        "name a categorical column of the baseline",
    )
