from __future__ import annotations

import os
import signal
from collections import Counter

import pytest

from mlflow_exporter.instrument.faults import Faults


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def broken(error: BaseException) -> None:
    raise error


def test_an_error_is_counted_and_goes_no_further() -> None:
    """What a step raises is counted under its stage, and its result is None."""
    counts: Counter[str] = Counter()
    faults = Faults("churn/3", lambda stage: counts.update([stage]))
    assert faults.attempt("bins", broken, ValueError("x")) is None
    assert faults.attempt("log", broken, RecursionError()) is None
    assert faults.attempt("log", len, "four") == 4
    assert counts == {"bins": 1, "log": 1}


def test_an_error_that_cannot_be_counted_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Where the metrics' disk is full, the prediction goes on all the same, and the log tells of both."""
    faults = Faults("churn/3", lambda stage: broken(OSError(28, "No space left on device")))
    assert faults.attempt("bins", broken, ValueError("x")) is None
    assert "failed at bins (ValueError)" in caplog.text
    assert "could not be counted (OSError: No space left on device)" in caplog.text


def test_it_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """Of a burst one line is written, and the next one, a minute later, says how many there were."""
    clock = Clock()
    faults = Faults("churn/3", lambda stage: None, clock=clock)
    for _ in range(10):
        faults.attempt("log", broken, OSError(28, "No space left on device"))
    clock.now = 61
    faults.attempt("log", broken, OSError(28, "No space left on device"))
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert "churn/3" in lines[0]
    assert "No space left on device" in lines[0]
    assert "9 more" in lines[1]


def test_no_input_gets_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """An exception's message may quote a value, so that only its class is written."""
    Faults("churn/3", lambda stage: None).attempt("inputs", broken, ValueError("could not convert 'Jane Doe'"))
    assert "ValueError" in caplog.text
    assert "Jane" not in caplog.text


def test_what_ends_the_program_is_not_held_up() -> None:
    """Ctrl+C and a worker's exit are no errors of the instrument."""
    with pytest.raises(KeyboardInterrupt):
        Faults("churn/3", lambda stage: None).attempt("log", broken, KeyboardInterrupt())


def test_a_fork_does_not_wait_for_a_lock_of_its_parent() -> None:
    """A thread that was logging when the process was forked is not in the child to let go."""
    faults = Faults("churn/3", lambda stage: None)
    with faults._lock.held():
        child = os.fork()
        if child == 0:
            signal.alarm(5)
            faults.report("log", ValueError())
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
