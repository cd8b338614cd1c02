"""The metrics of one model version, each bound to its labels once."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from mlflow_exporter.instrument import families
from mlflow_exporter.instrument.families import Bound, Family
from mlflow_exporter.instrument.faults import Faults
from mlflow_exporter.instrument.forks import ForkLock, renew_after_fork
from mlflow_exporter.instrument.observing import Observer, adder
from mlflow_exporter.instrument.outputs import Outputs
from mlflow_exporter.instrument.values import class_name, is_array

MOST_VALUES: Final = 50
LONGEST_VALUE: Final = 64
OTHER: Final = "other"

BATCH: Final = range(64, 10_000)
"""Rows of a call whose answers wait: fewer are counted as soon as kept, and more would take memory."""

MOST_WAITING: Final = 8


class Children:
    """A family's counters by the value of its last label, made when they are met.

    The first fifty values of at most 64 characters get one, or the `known` ones alone where there are any, which start
    at 0; the rest share `other`: a label has few values, and no user's text is one.
    """

    def __init__(self, bound: Bound, family: Family, key: tuple[str, str], known: Sequence[str] = ()) -> None:
        self._bound, self._family, self._key, self._is_open = bound, family, key, not known
        self._adders = {value: self._adder(value) for value in known}
        self._lock = ForkLock()

    def count(self, value: str, amount: int = 1) -> None:
        """Add to the counter of a value."""
        (self._adders.get(value) or self._new(value))(amount)

    def _new(self, value: str) -> Callable[[float], None]:
        with self._lock.held():
            room = self._is_open and len(self._adders) < MOST_VALUES and len(value) <= LONGEST_VALUE
            name = value if room else OTHER
            if name not in self._adders:
                self._adders[name] = self._adder(name)
            return self._adders[name]

    def _adder(self, value: str) -> Callable[[float], None]:
        return adder(self._bound.child(self._family, *self._key, value))


def tally(values: Any) -> Mapping[Any, int]:
    """How often each value is in an array of NumPy's; three times faster than one by one where these are few."""
    ordered = values.copy()
    ordered.sort()
    found: dict[Any, int] = {}
    start, rows = 0, len(ordered)
    while start < rows:
        if len(found) == MOST_VALUES:
            return Counter(values.tolist())
        stop = int(ordered.searchsorted(ordered[start], "right"))
        found[ordered[start].item()] = stop - start
        start = stop
    return found


class Meters:
    """What is counted of the calls of a model version; `classes` are those it predicts, where they are told.

    The answers of a batch wait for the next scrape, or for eight batches: counting them costs several times the rest of
    what is counted of a call, and much less of several at once than of each after a model's work.
    """

    def __init__(self, bound: Bound, key: tuple[str, str], classes: Sequence[str], faults: Faults) -> None:
        self._takes_numbers = bool(classes)
        self.dropped = bound.child(families.DROPPED, *key)
        self._in_progress, self._predictions = (
            adder(bound.child(family, *key)) for family in (families.IN_PROGRESS, families.PREDICTIONS)
        )
        self._latency, self._batch_size, self._confidence = (
            Observer(bound.child(family, *key))
            for family in (families.LATENCY, families.BATCH_SIZE, families.CONFIDENCE)
        )
        self._errors = Children(bound, families.ERRORS, key)
        self._predicted = Children(bound, families.CLASSES, key, classes)
        self._bound, self._flush = bound, partial(faults.attempt, "metrics", self.flush)
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """In a forked process, the answers that wait are the parent's."""
        self._waiting: deque[tuple[int, Outputs | None]] = deque()

    def began(self) -> None:
        """Count a call that begins."""
        self._in_progress(1)

    def called(self, seconds: float, failure: str | None) -> None:
        """Count a call that has ended, `failure` naming what it failed with."""
        self._in_progress(-1)
        self._predictions(1)
        self._latency.observe(seconds)
        if failure is not None:
            self._errors.count(failure)

    def answered(self, rows: int, outputs: Outputs | None) -> None:
        """Count the rows of a call, and what was predicted for them."""
        if rows not in BATCH:
            self._count(rows, outputs)
            return
        self._waiting.append((rows, outputs))
        if len(self._waiting) < MOST_WAITING:
            self._bound.before_scrape(self._flush)
        else:
            self.flush()

    def flush(self) -> None:
        """Count the answers that wait."""
        while True:
            try:
                rows, outputs = self._waiting.popleft()
            except IndexError:
                return
            self._count(rows, outputs)

    def _count(self, rows: int, outputs: Outputs | None) -> None:
        self._batch_size.observe(rows)
        if outputs is None:
            return
        if outputs.predictions is not None:
            for name, amount in self._names(outputs.predictions).items():
                self._predicted.count(name, amount)
        if outputs.probabilities is not None:
            self._confidence.observe_many(outputs.confidences())

    def _names(self, predictions: Sequence[Any]) -> Mapping[str, int]:
        """How often each class was predicted."""
        counts: dict[str, int] = {}
        for value, amount in self._values(predictions).items():
            if self._is_class(value):
                name = class_name(value)
                counts[name] = counts.get(name, 0) + amount
        return counts

    def _values(self, predictions: Any) -> Mapping[Any, int]:
        if len(predictions) == 1:
            return {value: 1 for value in predictions if self._is_class(value)}
        if not is_array(predictions, "biuf"):
            return Counter(predictions)
        return tally(predictions) if self._takes_numbers or predictions.dtype.kind != "f" else {}

    def _is_class(self, value: Any) -> bool:
        """Whether a prediction is a class: text, a switch, a whole number; a float where the classes are told."""
        return isinstance(value, str | int) or (self._takes_numbers and isinstance(value, float))
