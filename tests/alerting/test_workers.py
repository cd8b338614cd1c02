from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from mlflow_exporter.alerting.workers import Workers, within
from mlflow_exporter.errors import ActionError, ActionTimeout


def test_only_so_many_work_at_once(wait_until: Callable[..., Any]) -> None:
    """There is no free worker until one has finished, and then whoever waits is told."""
    workers, go, told = Workers(most=2), threading.Event(), threading.Event()
    for _ in range(2):
        assert workers.free
        workers.start(partial(_wait, go), told.set)
    assert not workers.free
    go.set()
    assert told.wait(30)
    wait_until(lambda: workers.free)


def test_work_that_fails_frees_its_worker(wait_until: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker is free again whatever became of its work."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    workers, told = Workers(most=1), threading.Event()
    workers.start(partial(_raise, ActionError("no")), told.set)
    assert told.wait(30)
    wait_until(lambda: workers.free)


def test_work_without_a_thread_takes_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no thread to give, who asks is told, the worker stays free, and stopping works."""
    workers = Workers(most=1)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", lambda _: _raise(RuntimeError("can't start new thread")))
        with pytest.raises(RuntimeError, match="new thread"):
            workers.start(lambda: None, lambda: None)
    assert workers.free
    assert workers.stop(timeout=30)


def test_stopping_ends_what_is_under_way() -> None:
    """Work is told to end, and none is begun any more; work that does not listen is left behind."""
    workers, deaf = Workers(), threading.Event()
    workers.start(partial(_wait, workers.stopping), lambda: None)
    assert workers.stop(timeout=30)
    assert not workers.free
    hung = Workers()
    hung.start(partial(_wait, deaf), lambda: None)
    assert not hung.stop(timeout=0.01)
    deaf.set()


def test_a_call_has_its_time() -> None:
    """What it gives or raises is the caller's, unless it takes too long."""
    stuck = threading.Event()
    assert within(30, lambda: 3) == 3
    with pytest.raises(ActionError, match="no way"):
        within(30, lambda: _raise(ActionError("no way")))
    with pytest.raises(ActionTimeout, match=r"longer than 0\.01 s"):
        within(0.01, lambda: stuck.wait(30))
    stuck.set()


def _wait(event: threading.Event) -> None:
    event.wait(30)


def _raise(error: Exception) -> None:
    raise error
