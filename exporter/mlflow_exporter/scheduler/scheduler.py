"""When models are evaluated: each in a thread of its own, so that one that fails or hangs never holds up another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

import structlog

from mlflow_exporter.results import Evaluation
from mlflow_exporter.scheduler.periodic import Periodic

_log = structlog.get_logger(__name__)


class Evaluator(Protocol):
    """Evaluates one model."""

    def evaluate(self, now: float, /) -> Evaluation:
        """Poll and evaluate; `now` is the wall clock."""
        ...

    def unfinished(self, now: float, seconds: float, /) -> Evaluation:
        """What to publish while an evaluation takes longer than it may."""
        ...


class Alarm(Protocol):
    """Something that calls back later, unless it is cancelled."""

    def start(self) -> None:
        """Begin to wait."""
        ...

    def cancel(self) -> None:
        """Do not call any more."""
        ...


@dataclass(frozen=True)
class Schedule:
    """Every how many seconds a model is evaluated, and after how many an evaluation counts as hanging."""

    interval: float
    timeout: float


class Scheduler:
    """Evaluates models until stopped, and publishes what comes out.

    An evaluation that takes longer than the timeout is published as failed, and the model is not evaluated again
    before it has come to its end. `clock` is the wall clock; `alarm` makes something that calls after so many seconds.
    """

    def __init__(
        self,
        evaluators: Collection[Evaluator],
        schedule: Schedule,
        publish: Callable[[Evaluation], None],
        clock: Callable[[], float] = time.time,
        alarm: Callable[[float, Callable[[], None]], Alarm] = threading.Timer,
    ) -> None:
        self._attempts = [_Attempts(evaluator, schedule.timeout, publish, clock, alarm) for evaluator in evaluators]
        self._loops = [Periodic("evaluation", schedule.interval, attempts.make) for attempts in self._attempts]

    def start(self) -> None:
        """Evaluate every model at once, and then at each interval."""
        for loop in self._loops:
            loop.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """Let the evaluations that are under way finish; whether they did within `timeout` seconds.

        One that hangs is not waited for. Nothing is published of one that did not finish.
        """
        deadline = time.monotonic() + timeout
        for loop in self._loops:
            loop.end()
        ended = [
            loop.stop(0.0 if attempts.hangs else max(0.0, deadline - time.monotonic()))
            for loop, attempts in zip(self._loops, self._attempts, strict=True)
        ]
        for attempts in self._attempts:
            attempts.abandon()
        return all(ended)


class _Attempts:
    """The evaluations of one model, one after the other."""

    def __init__(
        self,
        evaluator: Evaluator,
        timeout: float,
        publish: Callable[[Evaluation], None],
        clock: Callable[[], float],
        alarm: Callable[[float, Callable[[], None]], Alarm],
    ) -> None:
        self._evaluator, self._timeout, self._publish, self._clock = evaluator, timeout, publish, clock
        self._alarm = alarm
        # Publishing is in the order of what is known: nothing late is published over something newer.
        self._lock = threading.Lock()
        self._started: float | None = None
        self._abandoned = False
        self.hangs = False

    def make(self) -> None:
        """Evaluate once, and publish."""
        with self._lock:
            self._started = started = self._clock()
        watch = self._alarm(self._timeout, self._report_unfinished)
        watch.start()
        try:
            evaluation = self._evaluator.evaluate(started)
        finally:
            watch.cancel()
        with self._lock:
            self._started, self.hangs = None, False
            self._show(evaluation)

    def abandon(self) -> None:
        """Publish nothing any more."""
        with self._lock:
            self._abandoned = True

    def _report_unfinished(self) -> None:
        with self._lock:
            if self._started is not None:
                self.hangs = True
                now = self._clock()
                self._show(self._evaluator.unfinished(now, now - self._started))

    def _show(self, evaluation: Evaluation) -> None:
        if not self._abandoned:
            self._publish(evaluation)
            _report(evaluation)


def _report(evaluation: Evaluation) -> None:
    rows = {total.window.name: total.rows for total in evaluation.windows}
    seconds = round(sum(evaluation.durations.values()), 3)
    if evaluation.success:
        _log.info("evaluated", model=evaluation.name, rows=rows, seconds=seconds)
    for problem in evaluation.problems:
        _log.warning("problem", model=evaluation.name, problem=str(problem))
