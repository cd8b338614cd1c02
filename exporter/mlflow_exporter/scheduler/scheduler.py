"""When models are evaluated: each in a thread of its own, so that one that fails or hangs never holds up another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from mlflow_exporter.results import Evaluation
from mlflow_exporter.scheduler.loop import Alarm, Evaluator, Loop, Schedule


class Scheduler:
    """Evaluates models, by name, until stopped, and publishes what comes out.

    An evaluation that takes longer than the timeout is published as failed, and the model is not evaluated again
    before it has come to its end. `clock` is the wall clock; `alarm` makes something that calls after so many seconds.
    """

    def __init__(
        self,
        publish: Callable[[Evaluation], None],
        clock: Callable[[], float] = time.time,
        alarm: Callable[[float, Callable[[], None]], Alarm] = threading.Timer,
    ) -> None:
        self._publish, self._clock, self._alarm = publish, clock, alarm
        self._loops: dict[str, Loop] = {}

    def run(self, evaluators: Mapping[str, Evaluator], schedule: Schedule) -> None:
        """Evaluate these models from now on, and no others: new ones at once, and then each at every interval.

        A model whose evaluator is the same goes on as if nothing had happened. Where it is another one, that takes
        over after the evaluation under way, however long that takes: a model never has two threads.
        """
        for name, loop in self._loops.items():
            loop.hand_over(evaluators.get(name), schedule)
        for name in [name for name, loop in self._loops.items() if loop.is_idle]:
            self._loops.pop(name).end()
        for name, evaluator in evaluators.items():
            if name not in self._loops:
                self._loops[name] = Loop(evaluator, schedule, self._publish, self._clock, self._alarm)
                self._loops[name].start()

    def stop(self, timeout: float = 10.0) -> bool:
        """Let the evaluations that are under way finish; whether they did within `timeout` seconds.

        One that hangs is not waited for. Nothing is published of one that did not finish.
        """
        deadline = time.monotonic() + timeout
        for loop in self._loops.values():
            loop.end()
        ended = [loop.stop(max(0.0, deadline - time.monotonic())) for loop in self._loops.values()]
        return all(ended)
