from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import mlflow_exporter
from mlflow_exporter import __version__

ANYWHERE = ("--web.listen-address", "127.0.0.1:0")
START_SECONDS = 60
"""How long a busy machine may take to import and to evaluate once."""


@dataclass(frozen=True)
class Running:
    """An exporter in a process of its own, whose log is a file."""

    process: subprocess.Popen[bytes]
    log: Path

    def events(self, message: str) -> list[dict[str, Any]]:
        """The events of this message so far; a line that is being written is left out."""
        lines = self.log.read_text(encoding="utf-8").split("\n")[:-1]
        return [event for event in map(json.loads, lines) if event["msg"] == message]

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://{self.events('started')[0]['listen'][0]}"

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        """Status and body of an answer."""
        request = urllib.request.Request(self.address + path, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    @property
    def is_ready(self) -> bool:
        """Whether it has evaluated every model."""
        if self.process.poll() is not None:
            pytest.fail(f"it ended with {self.process.returncode}: {self.log.read_text()}")
        return bool(self.events("started")) and self.ask("/-/ready")[0] == 200

    def end(self, number: signal.Signals) -> int:
        """Send a signal that ends it; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(START_SECONDS)


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(configured: Any) -> Iterator[Start]:
    """Call it with options of `run` for a process, which listens on a port that was free."""
    started = []
    environment = {**os.environ, "PYTHONPATH": str(Path(mlflow_exporter.__file__).parents[1])}

    def run(*options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "mlflow_exporter", "run", "--log.format", "json", *options]
        with (configured.path / "stderr").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=configured.path, env=environment)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()


def test_an_exporter_serves_until_it_is_told_to_stop(
    start: Start, configured: Any, wait_until: Callable[..., Any]
) -> None:
    """It logs what it starts with, serves as the options say, and SIGTERM ends it with 0."""
    log = configured.path / "exporter.log"
    addresses = ["--web.listen-address", "127.0.0.1:0", "--web.listen-address", "127.0.0.1:0"]
    paths = ["--web.telemetry-path", "/ml", "--web.external-url", "https://example.com/monitoring"]
    exporter = Running(start(*addresses, *paths, "--log.file", str(log), "--total-shards", "5", "--shard", "3"), log)
    wait_until(lambda: log.exists() and exporter.is_ready, timeout=START_SECONDS)
    [started] = exporter.events("started")
    assert (started["version"], started["models"], len(set(started["listen"]))) == (__version__, ["churn"], 2)
    assert started["state"] == f"sqlite:///{configured.path}/state.db"
    body = exporter.ask("/ml")[1].splitlines()
    assert 'ml_window_rows{model="churn",version="3",window="24h"} 400.0' in body
    assert {"ml_exporter_mlflow_up 0.0", "ml_exporter_shard 3.0", "ml_exporter_total_shards 5.0"} <= set(body)
    assert exporter.ask("/metrics")[0] == 404
    assert 'href="/monitoring/models/churn' in exporter.ask("/")[1]
    assert exporter.end(signal.SIGTERM) == 0
    assert [event["signal"] for event in exporter.events("stopping")] == ["SIGTERM"]
    assert exporter.events("stopped")
    assert (configured.path / "stderr").read_text() == ""


def test_a_process_without_models_in_its_share_is_ready(
    start: Start, configured: Any, wait_until: Callable[..., Any]
) -> None:
    """A share may be empty: the process serves, and says which share it has. SIGINT is no error either."""
    exporter = Running(start("--total-shards", "5", "--shard", "0", *ANYWHERE), configured.path / "stderr")
    wait_until(lambda: exporter.is_ready, timeout=START_SECONDS)
    assert exporter.events("started")[0]["models"] == []
    assert "model=" not in exporter.ask("/metrics")[1]
    assert exporter.end(signal.SIGINT) == 0


def test_the_configuration_is_read_anew(start: Start, configured: Any, wait_until: Callable[..., Any]) -> None:
    """A wrong file is refused with its mistakes, by HTTP and by SIGHUP, and changes nothing; a right one is taken."""
    exporter = Running(start(*ANYWHERE), configured.path / "stderr")
    wait_until(lambda: exporter.is_ready, timeout=START_SECONDS)
    (configured.path / "config.yml").write_text("models: [churn]\n", encoding="utf-8")
    status, said = exporter.ask("/-/reload", "POST")
    assert status == 500
    assert "config.yml:1: models" in said
    exporter.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(exporter.events("the configuration was not reloaded")) == 2)
    body = exporter.ask("/metrics")[1]
    assert "ml_exporter_config_last_reload_successful 0.0" in body
    assert 'ml_window_rows{model="churn"' in body

    configured.configure(name="fraud")
    exporter.process.send_signal(signal.SIGHUP)
    wait_until(lambda: exporter.events("the configuration was reloaded"), timeout=START_SECONDS)
    wait_until(lambda: exporter.is_ready, timeout=START_SECONDS)
    body = exporter.ask("/metrics")[1]
    assert "ml_exporter_config_last_reload_successful 1.0" in body
    assert 'ml_window_rows{model="fraud",version="3",window="24h"} 400.0' in body
    assert 'model="churn"' not in body


def test_what_cannot_start_says_why_in_a_line(start: Start, configured: Any) -> None:
    """An address that is taken ends it with 1 and one line, without a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("--web.listen-address", f"127.0.0.1:{taken.getsockname()[1]}")
        assert process.wait(START_SECONDS) == 1
    [line] = (configured.path / "stderr").read_text().splitlines()
    assert line.startswith("Error: --web.listen-address: cannot listen on 127.0.0.1:")


def test_a_web_configuration_guards_everything(start: Start, configured: Any, wait_until: Callable[..., Any]) -> None:
    """With passwords in a web configuration, nothing is answered without one, and the log tells no password."""
    hashed = "$2y$04$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
    (configured.path / "web.yml").write_text(f"basic_auth_users: {{prometheus: '{hashed}'}}\n")
    options = ("--web.config.file", "web.yml", "--web.external-url", "http://host/api/v1")
    exporter = Running(start(*ANYWHERE, *options), configured.path / "stderr")
    wait_until(lambda: exporter.events("started"), timeout=START_SECONDS)
    for path, method in (("/metrics", "GET"), ("/-/healthy", "GET"), ("/-/reload", "POST")):
        assert exporter.ask(path, method)[0] == 401
    # A token is judged where Alertmanager sends, and opens no page, even where the prefix makes one look alike.
    assert exporter.ask("/api/v1/alerts", Authorization="Bearer abc")[0] == 401
    assert exporter.ask("/api/v1/api/v1/alerts", "POST", Authorization="Bearer abc")[0] == 415
    assert exporter.end(signal.SIGTERM) == 0
    assert "$2y$" not in exporter.log.read_text()
