"""A registry to fill, and MLflows that do not answer as they should."""

from __future__ import annotations

import itertools
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from mlflow import MlflowClient

from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.snapshot import RegisteredVersion

NOWHERE = "s3://bucket/model"
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Workshop:
    """Fills the shared MLflow server with models whose names no other test uses."""

    client: MlflowClient
    registry: Registry

    def model(self, name: str = "model") -> str:
        """A new registered model's name, which begins as asked."""
        name = f"{name} {os.getpid()}-{next(_NUMBERS)}"
        self.client.create_registered_model(name)
        return name

    def run(self) -> str:
        """A new run's id."""
        return str(self.client.create_run("0").info.run_id)

    def version(self, name: str, run_id: str | None = None, source: str | None = None) -> RegisteredVersion:
        """A new version of the model, from a run or from none."""
        source = source or (f"runs:/{run_id}/model" if run_id else NOWHERE)
        made = self.client.create_model_version(name, source, run_id, await_creation_for=0)
        return self.now(name, str(made.version))

    def now(self, name: str, wanted: str) -> RegisteredVersion:
        """The version as the registry has it now."""
        return self.registry.snapshot().resolve(name, wanted)


@pytest.fixture
def workshop(mlflow_server: str) -> Workshop:
    """The shared MLflow server, by MLflow's client and by ours (which a busy machine may keep waiting)."""
    return Workshop(MlflowClient(mlflow_server), Registry(mlflow_server, timeout=60, bulk_timeout=60))


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """An MLflow without a server, in an SQLite file that no test of another process fills meanwhile."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"
    return Workshop(MlflowClient(uri), Registry(uri, timeout=60, bulk_timeout=60))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of every HTTP request that is sent from now on."""
    paths: list[str] = []
    send = requests.Session.send

    def counted(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        paths.append(request.path_url.partition("?")[0])
        return send(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", counted)
    return paths


@pytest.fixture
def dead_uri(free_port: Callable[[], int]) -> str:
    """An address where nothing listens."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def black_hole() -> Iterator[str]:
    """The address of a server that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def trickle() -> Iterator[str]:
    """The address of a server that keeps each wait for bytes short and never comes to an end."""
    stop = threading.Event()

    def write(answer: BaseHTTPRequestHandler) -> None:
        answer.send_response(200)
        answer.end_headers()
        while not stop.wait(0.05):
            answer.wfile.write(b" ")

    with _serving(write) as uri:
        yield uri
        stop.set()


@pytest.fixture
def answering() -> Iterator[Callable[[int, str], str]]:
    """Call it with a status and a body for the address of a server that gives that answer to everything."""
    servers = []

    def start(status: int, body: str) -> str:
        def write(answer: BaseHTTPRequestHandler) -> None:
            answer.send_response(status)
            answer.send_header("Content-Length", str(len(body)))
            answer.end_headers()
            answer.wfile.write(body.encode())

        servers.append(_serving(write))
        return servers[-1].__enter__()

    yield start
    for server in servers:
        server.__exit__(None, None, None)


@contextmanager
def _serving(write: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                write(self)
            except ConnectionError:
                self.close_connection = True  # the client has given up

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
