"""One model, evaluated again and again in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from mlflow_exporter.results import Evaluation
from mlflow_exporter.scheduler.complaints import Complaints
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


class Loop:
    """Evaluates one model at each interval; there is never more than one evaluation of it under way.

    One that takes longer than the timeout is published as failed.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        schedule: Schedule,
        publish: Callable[[Evaluation], None],
        clock: Callable[[], float],
        alarm: Callable[[float, Callable[[], None]], Alarm],
    ) -> None:
        self._evaluator: Evaluator | None = evaluator
        self._timeout, self._publish, self._clock, self._alarm = schedule.timeout, publish, clock, alarm
        self._task = Periodic("evaluation", schedule.interval, self.evaluate)
        # Publishing is in the order of what is known: nothing late is published over something newer.
        self._lock = threading.Lock()
        self._started: float | None = None
        self._hangs = False
        self._complaints = Complaints()

    def start(self) -> None:
        """Evaluate at once, and then at each interval."""
        self._task.start()

    def evaluate(self) -> None:
        """Evaluate once, and publish unless somebody else evaluates by then."""
        with self._lock:
            if (evaluator := self._evaluator) is None:
                return
            self._started = started = self._clock()
        watch = self._alarm(self._timeout, self._report_unfinished)
        watch.start()
        try:
            evaluation = evaluator.evaluate(started)
        finally:
            watch.cancel()
        with self._lock:
            self._started, self._hangs = None, False
            if evaluator is self._evaluator:
                self._show(evaluation)

    def hand_over(self, evaluator: Evaluator | None, schedule: Schedule) -> None:
        """From the next evaluation on this one evaluates, or nobody; nothing that the last one finds is published."""
        with self._lock:
            self._evaluator, self._timeout = evaluator, schedule.timeout
        self._task.interval = schedule.interval

    @property
    def is_idle(self) -> bool:
        """Whether nobody evaluates, now or later."""
        with self._lock:
            return self._evaluator is None and self._started is None

    def end(self) -> None:
        """Begin no further evaluation."""
        self._task.end()

    def stop(self, timeout: float) -> bool:
        """End, after the evaluation under way unless it hangs; whether that took at most `timeout` seconds.

        Nothing is published of one that did not finish.
        """
        ended = self._task.stop(0.0 if self._hangs else timeout)
        with self._lock:
            self._evaluator = None
        return ended

    def _report_unfinished(self) -> None:
        with self._lock:
            if self._started is not None and self._evaluator is not None:
                self._hangs = True
                now = self._clock()
                self._show(self._evaluator.unfinished(now, now - self._started))

    def _show(self, evaluation: Evaluation) -> None:
        self._publish(evaluation)
        self._report(evaluation)

    def _report(self, evaluation: Evaluation) -> None:
        rows = {total.window.name: total.rows for total in evaluation.windows}
        seconds = round(sum(evaluation.durations.values()), 3)
        if evaluation.success:
            _log.info("evaluated", model=evaluation.name, rows=rows, seconds=seconds)
        change = self._complaints.update([str(problem) for problem in evaluation.problems])
        for problem in change.begun:
            _log.warning("problem", model=evaluation.name, problem=problem)
        for problem in change.over:
            _log.info("problem over", model=evaluation.name, problem=problem)
