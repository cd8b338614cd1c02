"""Servers as processes of their own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import mlflow_exporter

START_SECONDS = 120
"""How long a busy machine may take to import and to load."""


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.text)


@dataclass(frozen=True)
class Server:
    """A server in a process of its own, whose log is a file."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    def ask(self, path: str, body: Any = None, content_type: str = "application/json", **headers: str) -> Answer:
        """Ask; a body that is no text or bytes is sent as JSON."""
        sent = body if isinstance(body, str | bytes | None) else json.dumps(body)
        kind = {} if body is None or not content_type else {"Content-Type": content_type}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        try:
            connection.request("GET" if body is None else "POST", path, sent, {**kind, **named})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), dict(answer.getheaders()))
        finally:
            connection.close()

    @property
    def is_up(self) -> bool:
        """Whether it answers."""
        if self.process.poll() is not None:
            pytest.fail(f"it ended with {self.process.returncode}: {self.log.read_text()}")
        try:
            return self.ask("/ping").status == 200
        except OSError:
            return False

    def events(self, message: str) -> list[dict[str, Any]]:
        """The events of this message so far; a line that is being written is left out."""
        lines = self.log.read_text(encoding="utf-8").split("\n")[:-1]
        return [event for event in map(json.loads, lines) if event["msg"] == message]

    def metric(self, name: str, **labels: str) -> float:
        """The value of a sample on /metrics, 0 where there is none."""
        wanted = {f'{label}="{value}"' for label, value in labels.items()}
        for line in self.ask("/metrics").text.splitlines():
            series, _, value = line.rpartition(" ")
            family, _, told = series.partition("{")
            if family == name and wanted <= set(told.rstrip("}").split(",")):
                return float(value)
        return 0.0

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal that ends it; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(START_SECONDS)


class Servers:
    """Starts servers; those that still run at the end are killed with all their workers."""

    def __init__(self, folder: Path, free_port: Callable[[], int], wait_until: Callable[..., Any]) -> None:
        self._folder, self._free_port, self._wait_until = folder, free_port, wait_until
        self._started: list[subprocess.Popen[bytes]] = []

    def serve(self, *options: str, is_waiting: bool = True, **environment: str) -> Server:
        """`mlflow-exporter serve` on a free port."""
        port = self._free_port()
        command = ["-m", "mlflow_exporter", "serve", "--listen", f"127.0.0.1:{port}", "--log.format", "json", *options]
        return self._ready(self._start(command, port, environment), is_waiting)

    def mlflow(self, folder: Path) -> Server:
        """`mlflow models serve` of the model in a folder, on a free port."""
        port = self._free_port()
        command = [
            "-m",
            "uvicorn",
            "--port",
            str(port),
            "--log-level",
            "warning",
            "mlflow.pyfunc.scoring_server.app:app",
        ]
        return self._ready(self._start(command, port, {"__pyfunc_model_path__": str(folder)}), is_waiting=False)

    def wait(self, server: Server) -> Server:
        """The server, once it answers."""
        return self._ready(server, is_waiting=True)

    def end(self) -> None:
        """Kill what still runs."""
        for process in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _ready(self, server: Server, is_waiting: bool) -> Server:
        if is_waiting:
            self._wait_until(lambda: server.is_up, timeout=START_SECONDS)
        return server

    def _start(self, command: list[str], port: int, environment: Mapping[str, str]) -> Server:
        log = self._folder / f"{port}.log"
        package = str(Path(mlflow_exporter.__file__).parents[1])
        inherited = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
        with log.open("wb") as written:
            process = subprocess.Popen(
                [sys.executable, *command],
                stdout=written,
                stderr=written,
                cwd=self._folder,
                env={**inherited, "PYTHONPATH": package, **environment},
                start_new_session=True,
            )
        self._started.append(process)
        return Server(process, log, port)


@contextmanager
def running_servers(folder: Path, free_port: Callable[[], int], wait_until: Callable[..., Any]) -> Iterator[Servers]:
    """What starts servers, which end with it."""
    servers = Servers(folder, free_port, wait_until)
    try:
        yield servers
    finally:
        servers.end()
