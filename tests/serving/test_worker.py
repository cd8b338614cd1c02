from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from copy import copy
from pathlib import Path

import flask
import pytest

from mlflow_exporter.config.serving import ServingSettings
from mlflow_exporter.errors import ModelRefused
from mlflow_exporter.serving.copies import Copy
from mlflow_exporter.serving.following import Following
from mlflow_exporter.serving.model_uri import ModelUri
from mlflow_exporter.serving.origin import Origin
from mlflow_exporter.serving.worker import MAIN, SHADOW, Start, Worker, beating


@pytest.fixture(autouse=True)
def _unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def start(copy: Copy, folder: Path, **settings: object) -> Start:
    """A start with a model in a folder as the main one, and as its own shadow."""
    origin = Origin(ModelUri.parse(str(copy.folder)), "")
    copies = {MAIN: copy, SHADOW: copy}
    return Start(ServingSettings.model_validate(settings), {MAIN: origin, SHADOW: origin}, folder, copies)


def test_a_worker_serves_what_the_first_process_found(doubler: Copy, tmp_path: Path) -> None:
    """It loads the copies of its roles, answers, and ends."""
    began = start(doubler, tmp_path)
    worker = Worker(began)
    client = worker.begin(began).test_client()
    assert client.post("/predict", json={"x": 4.0}).get_json()["predictions"] == [8.0]
    assert [role.role for role in worker.server.roles] == [MAIN, SHADOW]
    worker.close()


def test_the_models_are_kept_from_the_garbage_collector(doubler: Copy, tmp_path: Path) -> None:
    """Those that were loaded are none of what it looks through, which would hold up requests."""
    began = start(doubler, tmp_path)
    worker = Worker(began)
    worker.begin(began)
    model = worker.server.main.current
    assert model is not None
    assert not any(each is model.metadata for each in gc.get_objects())
    worker.close()


def test_a_model_that_was_swapped_out_is_let_go(doubler: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round after the swap, when no request has it any more, what is garbage is collected, once."""
    origin = Origin(ModelUri.parse("models:/doubler@champion"), "")
    worker = Worker(Start(ServingSettings(), {MAIN: origin}, tmp_path, {MAIN: doubler}))
    done: list[str] = []
    monkeypatch.setattr("mlflow_exporter.serving.worker.settle", lambda: done.append("settled"))
    worker._refresh = 0

    def poll(role: Following) -> None:
        done.append("polled")
        if done.count("polled") == 1:
            assert role.current is not None
            role.current = copy(role.current)
        elif done.count("polled") == 3:
            worker._stopping.set()

    monkeypatch.setattr(Following, "poll", poll)
    worker.begin(Start(ServingSettings(), {MAIN: origin}, tmp_path, {MAIN: doubler}))
    worker._follower.join(30)
    assert done == ["settled", "polled", "settled", "polled", "polled"]
    worker.close()


def test_a_worker_without_a_model_does_not_begin(tmp_path: Path, doubler: Copy) -> None:
    """Where nothing can be loaded, that is raised with the reason."""
    began = start(Copy(doubler.key, tmp_path / "nowhere"), tmp_path)
    worker = Worker(began)
    with pytest.raises(ModelRefused, match="it does not load"):
        worker.begin(began)
    worker.close()


def test_a_slow_start_shows_that_it_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a model loads, the worker's beat goes on, and the result is handed over; so is an error."""
    monkeypatch.setattr("mlflow_exporter.serving.worker._BEAT_SECONDS", 0.001)
    beats = threading.Semaphore(0)
    app = flask.Flask("app")

    def load() -> flask.Flask:
        assert all(beats.acquire(timeout=10) for _ in range(3))
        return app

    assert beating(load, beats.release) is app

    def fail() -> flask.Flask:
        raise ModelRefused("bad")

    with pytest.raises(ModelRefused):
        beating(fail, beats.release)
