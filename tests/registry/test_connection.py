from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from mlflow_exporter.errors import RegistryError, RegistryUnavailable
from mlflow_exporter.registry.address import Address
from mlflow_exporter.registry.connection import Connection
from mlflow_exporter.registry.registry import Registry

TIMEOUT = 0.4
# Import, threads and a busy machine; far below what the HTTP client alone would wait (a whole second, twice).
MARGIN = 1.2


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["dead_uri", "black_hole", "trickle"])
def silent_uri(request: pytest.FixtureRequest) -> str:
    """The address of an MLflow that is down, in each of the ways it can be."""
    return str(request.getfixturevalue(request.param))


def test_a_silent_mlflow_costs_at_most_the_timeout(silent_uri: str) -> None:
    """Refused, accepted and ignored, or answered without end: a refresh is over in time."""
    registry = Registry(silent_uri, timeout=TIMEOUT)
    started = time.monotonic()
    with pytest.raises(RegistryUnavailable):
        registry.snapshot()

    assert time.monotonic() - started < TIMEOUT + MARGIN


def test_bulk_calls_have_their_own_time(black_hole: str) -> None:
    """Reading runs may take longer than the rest, and is given up after that."""
    with pytest.raises(RegistryUnavailable, match=r"did not answer within 0\.4 s"):
        Registry(black_hole, timeout=60, bulk_timeout=TIMEOUT).run_counts()


def test_after_a_silence_nothing_waits_again(dead_uri: str, sent: list[str]) -> None:
    """Once MLflow did not answer, every call fails at once without asking, until the timeout has passed again."""
    clock = Clock()
    registry = Registry(dead_uri, timeout=5, monotonic=clock)
    asked = []
    for clock.now in (100.0, 102.0, 104.9, 105.1, 109.0):
        with pytest.raises(RegistryUnavailable, match="Connection refused"):
            registry.snapshot()
        asked.append(len(sent))
    with pytest.raises(RegistryUnavailable, match="Connection refused"):
        registry.run_counts()

    assert [*asked, len(sent)] == [1, 1, 1, 2, 2, 2]


def test_bulk_silence_does_not_speak_for_the_rest(black_hole: str) -> None:
    """An artifact store that hangs does not stop the registry from being asked."""
    registry = Registry(black_hole, timeout=TIMEOUT, bulk_timeout=TIMEOUT, monotonic=lambda: 0.0)
    with pytest.raises(RegistryUnavailable):
        registry.run_counts()
    started = time.monotonic()
    with pytest.raises(RegistryUnavailable):
        registry.snapshot()

    assert time.monotonic() - started >= TIMEOUT


def test_recovery_is_noticed(mlflow_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An MLflow that comes back is asked again after the timeout, by the same registry."""
    clock = Clock()
    registry = Registry(mlflow_server, timeout=60, monotonic=clock)
    with monkeypatch.context() as down:
        down.setattr("requests.Session.send", _refused)
        with pytest.raises(RegistryUnavailable):
            registry.snapshot()
    clock.now = 60.0

    assert registry.snapshot().models is not None


def test_a_call_that_hangs_does_not_hold_up_the_process() -> None:
    """What was given up runs in a daemon thread, and its late answer is dropped."""
    connection, release = Connection(Address("http://mlflow"), TIMEOUT), threading.Event()
    threads: list[threading.Thread] = []

    def question(_: object) -> None:
        threads.append(threading.current_thread())
        release.wait()

    with pytest.raises(RegistryUnavailable):
        connection.ask(question)
    release.set()
    threads[0].join()

    assert threads[0].daemon


def test_importing_what_opens_a_database_is_not_mlflows_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a call begins to be timed, what it takes to open a database has been imported."""
    store = "mlflow.store.tracking.sqlalchemy_store"
    monkeypatch.delitem(sys.modules, store, raising=False)

    loaded = Connection(Address(f"sqlite:///{tmp_path}/mlflow.db"), 60).ask(lambda _: store in sys.modules)

    assert loaded


def test_a_library_that_a_database_needs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be imported is an error of the registry, and no crash."""
    monkeypatch.setitem(sys.modules, "mlflow.store.model_registry.sqlalchemy_store", None)

    with pytest.raises(RegistryError, match="install the library that this store needs"):
        Connection(Address(f"sqlite:///{tmp_path}/mlflow.db"), 60).ask(lambda _: None)


def test_calls_run_side_by_side() -> None:
    """A call that waits does not keep another thread's call from being answered."""
    connection, release = Connection(Address("http://mlflow"), 60), threading.Event()
    slow = threading.Thread(target=lambda: connection.ask(lambda _: release.wait()))
    slow.start()
    answer = connection.ask(lambda _: "answer")
    release.set()
    slow.join()

    assert answer == "answer"


def _refused(*_: object, **__: object) -> None:
    raise ConnectionRefusedError(111, "Connection refused")
