"""Servers as processes: workers, signals, aliases, a registry that goes away."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlflow_exporter.serving.copies import Copy

START_SECONDS = 120
"""How long a busy machine may take."""


def records(folder: Path) -> list[dict[str, Any]]:
    """Every record of a prediction log."""
    return [json.loads(line) for file in folder.rglob("*.jsonl") for line in file.read_text().splitlines()]


def test_a_champion_is_followed_and_a_bad_one_is_not(
    servers: Any, registered: Any, models: Any, doubler: Copy, wait_until: Callable[..., Any], tmp_path: Path
) -> None:
    """A new champion is served without a restart, a bad one is refused and told, and a shadow is logged apart."""
    name = registered.name()
    registered.version(name, doubler, "champion", "challenger")
    uri, log = f"models:/{name}", tmp_path / "log"
    server = servers.serve(
        *("--model-uri", f"{uri}@champion", "--shadow", f"{uri}@challenger", "--refresh", "200ms"),
        *("--prediction-log", str(log), "--tracking-uri", registered.uri),
    )
    assert server.ask("/predict", {"x": 2.0}, X_Request_Id="one").json["version"] == "1"

    damaged = models.doubler()
    next(damaged.folder.glob("code-*.py")).write_text("raise RuntimeError('damaged')")
    registered.version(name, damaged, "champion")
    wait_until(lambda: server.ask("/health").json["refused"], timeout=START_SECONDS)
    [refused] = server.ask("/health").json["refused"]
    assert (refused["role"], refused["version"]) == ("main", "2")
    assert server.metric("ml_serving_models_refused_total", version="2") == 1
    assert server.ask("/predict", {"x": 2.0}).json["version"] == "1"

    registered.version(name, models.doubler(), "champion")
    wait_until(
        lambda: server.ask("/predict", {"x": 2.0}, X_Request_Id="two").json["version"] == "3", timeout=START_SECONDS
    )
    assert server.ask("/health").json["refused"] == []

    assert server.end() == 0
    logged = [(record["request_id"], record["version"]) for record in records(log)]
    assert logged.count(("one", "1")) == 1  # whose shadow was the version that had answered
    assert {("two", "3"), ("two", "1")} <= set(logged)
    assert {folder.name for folder in log.rglob("*") if folder.is_dir()} >= {"1", "3"}


def test_workers_that_are_killed_lose_no_count(
    servers: Any, doubler: Copy, wait_until: Callable[..., Any], tmp_path: Path
) -> None:
    """With two workers of which one is killed, totals over all of them stay right, and another takes its place."""
    server = servers.serve("--model-uri", str(doubler.folder), "--workers", "2", "--preload")
    name = doubler.folder.name
    wait_until(lambda: server.metric("ml_serving_workers", model=name) == 2, timeout=START_SECONDS)
    for _ in range(20):
        assert server.ask("/predict", {"x": 1.0}).status == 200
    victim = psutil.Process(server.process.pid).children()[0]
    victim.kill()
    wait_until(
        lambda: not victim.is_running() and server.metric("ml_serving_workers", model=name) == 2, timeout=START_SECONDS
    )
    for _ in range(20):
        assert server.ask("/predict", {"x": 1.0}).status == 200
    assert server.metric("ml_predictions_total", model=name) == 40
    assert server.end() == 0


SLOW = """
import pathlib, time
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

class Slow(PythonModel):
    def predict(self, context, model_input, params=None):
        wait = pathlib.Path(FOLDER)
        (wait / "began").touch()
        while model_input["x"][0] > 0 and not (wait / "go").exists():
            time.monotonic()
        return model_input["x"].to_numpy()

set_model(Slow())
"""


def test_what_is_in_flight_is_answered_before_the_end(
    servers: Any, models: Any, wait_until: Callable[..., Any], tmp_path: Path
) -> None:
    """After SIGTERM the request that is being answered is, the log has it, and the exit code is 0."""
    copy = models.doubler(SLOW.replace("FOLDER", repr(str(tmp_path))))
    log = tmp_path / "log"
    server = servers.serve("--model-uri", str(copy.folder), "--prediction-log", str(log))
    (tmp_path / "began").unlink(missing_ok=True)
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(server.ask("/predict", {"x": 5.0}, X_Request_Id="last")))
    asking.start()
    wait_until((tmp_path / "began").exists, timeout=START_SECONDS)
    server.process.send_signal(signal.SIGTERM)
    (tmp_path / "go").touch()
    asking.join(START_SECONDS)
    assert server.process.wait(START_SECONDS) == 0
    assert [answer.json["predictions"] for answer in answers] == [[5.0]]
    assert [(record["request_id"], record["x"]) for record in records(log)] == [("last", 5.0)]


def test_a_hangup_disturbs_nobody(servers: Any, doubler: Copy, wait_until: Callable[..., Any]) -> None:
    """SIGHUP ends no worker, and the log says that nothing was read anew."""
    server = servers.serve("--model-uri", str(doubler.folder))
    workers = psutil.Process(server.process.pid).children()
    said = "SIGHUP changes nothing: an alias is followed by itself, other options need a restart"
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: server.events(said), timeout=START_SECONDS)
    assert server.ask("/predict", {"x": 2.0}).status == 200
    assert psutil.Process(server.process.pid).children() == workers
    assert server.end() == 0


def test_a_fallback_starts_without_a_registry(servers: Any, registered: Any, doubler: Copy, tmp_path: Path) -> None:
    """What was served last is served again while MLflow is away; without a fallback that is an error."""
    name = registered.name()
    registered.version(name, doubler, "champion")
    options = ("--model-uri", f"models:/{name}@champion", "--fallback", str(tmp_path / "kept"))
    first = servers.serve(*options, "--tracking-uri", registered.uri)
    assert first.end() == 0
    again = servers.serve(*options, "--tracking-uri", "http://127.0.0.1:9")
    answer = again.ask("/predict", {"x": 2.0}).json
    assert (answer["predictions"], answer["model"], answer["version"]) == ([4.0], name, "1")
    [event] = again.events("MLflow did not give the model")
    assert event["instead"] == f"{name}/1"
    without = servers.serve(*options[:2], "--tracking-uri", "http://127.0.0.1:9", is_waiting=False)
    assert without.process.wait(START_SECONDS) == 1
    assert without.log.read_text().startswith("Error: http://127.0.0.1:9: MLflow did not answer")


@pytest.mark.parametrize("preload", ([], ["--preload"]))
def test_a_model_that_does_not_load_ends_the_start(servers: Any, models: Any, preload: list[str]) -> None:
    """The exit code is 1, and the last line says what is wrong, without a traceback."""
    damaged = models.doubler()
    next(damaged.folder.glob("code-*.py")).write_text("raise RuntimeError('damaged')")
    server = servers.serve("--model-uri", str(damaged.folder), *preload, is_waiting=False)
    assert server.process.wait(START_SECONDS) == 1
    said = server.log.read_text()
    assert "it does not load (MlflowException: Failed to run user code" in said
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("Error: ")


def test_a_port_that_is_taken_is_told(servers: Any, doubler: Copy) -> None:
    """The error names the address, at once."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server = servers.serve("--model-uri", str(doubler.folder), "--listen", address, is_waiting=False)
        assert server.process.wait(START_SECONDS) == 1
    assert server.log.read_text().startswith(f"Error: --listen: cannot listen on {address}: Address already in use")
