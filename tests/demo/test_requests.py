from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mlflow_exporter.demo.requests import Client


class Scoring(ThreadingHTTPServer):
    """A scoring server that notes what it is asked, and refuses what is called `bad`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, Any]] = []
        self.connections = self.closed = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        super().close_request(request)
        self.closed += 1


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Scoring

    def do_POST(self) -> None:
        """Note a request."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.headers["X-Request-Id"], body))
        said = b"{}"
        self.send_response(400 if self.headers["X-Request-Id"] == "bad" else 200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def scoring() -> Iterator[Scoring]:
    """A server for a test."""
    server = Scoring()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_rows_are_asked_one_by_one_over_one_connection(scoring: Scoring) -> None:
    """Each row is a request of MLflow's protocol with its identifier; a refusal stops nothing."""
    with closing(Client(f"http://127.0.0.1:{scoring.server_port}")) as client:
        for identifier in ("a", "bad", "b"):
            client.ask(identifier, {"x": None})
    assert scoring.asked == [(name, {"dataframe_records": [{"x": None}]}) for name in ("a", "bad", "b")]
    assert scoring.connections == 1


def test_a_connection_that_the_server_closed_is_made_anew(
    scoring: Scoring,
    monkeypatch: pytest.MonkeyPatch,
    wait_until: Callable[..., Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A server that closes what was idle for long loses no request."""
    monkeypatch.setattr(Handler, "timeout", 0.05)
    with closing(Client(f"http://127.0.0.1:{scoring.server_port}")) as client:
        for identifier in ("a", "b"):
            client.ask(identifier, {"x": 1})
            wait_until(lambda: scoring.closed == scoring.connections)
    assert ([name for name, _ in scoring.asked], scoring.connections) == (["a", "b"], 2)
    assert "a request failed" not in capsys.readouterr().out


def test_a_server_that_is_away_stops_nothing() -> None:
    """A request that fails is lost; the next one is made anew."""
    client = Client("http://127.0.0.1:9")
    client.ask("a", {"x": 1})
    client.ask("b", {"x": 1})
