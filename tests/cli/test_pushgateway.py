from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from mlflow_exporter.cli.pushgateway import push
from mlflow_exporter.errors import MlflowExporterError


@dataclass
class Gateway:
    """What was pushed, and what is answered."""

    address: str = ""
    status: int = 200
    answer: str = ""
    pushed: list[tuple[str, str, bytes, Any]] = field(default_factory=list)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A server that remembers what is put."""
    seen = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.pushed.append((self.path, self.headers["Content-Type"], body, self.headers["Authorization"]))
            self.send_response(seen.status)
            self.end_headers()
            self.wfile.write(seen.answer.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        seen.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield seen
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("form", ("http://{}", "http://{}/", "{}"))
def test_an_exposition_is_put_under_the_job(gateway: Gateway, form: str) -> None:
    """The body is the exposition, its type the text format's, whatever the form of the address."""
    push(form.format(gateway.address), b"ml_x 1\n")
    content = "text/plain; version=0.0.4; charset=utf-8"
    assert gateway.pushed == [("/metrics/job/mlflow_exporter", content, b"ml_x 1\n", None)]


def test_a_prefix_of_the_address_is_kept(gateway: Gateway) -> None:
    """A gateway behind a reverse proxy has a path."""
    push(f"http://{gateway.address}/gateway/", b"")
    assert gateway.pushed[0][0] == "/gateway/metrics/job/mlflow_exporter"


def test_user_and_password_become_a_header(gateway: Gateway) -> None:
    """What the URL has of them is sent as basic authentication (RFC 7617)."""
    push(f"http://me:p%40ss@{gateway.address}", b"")
    assert gateway.pushed[0][3] == "Basic bWU6cEBzcw=="  # printf me:p@ss | base64


def test_a_refusal_is_told_with_its_reason(gateway: Gateway) -> None:
    """The gateway's own words are in the error, the password is not."""
    gateway.status, gateway.answer = 400, "pushed metrics are invalid"
    with pytest.raises(MlflowExporterError, match=r"refused \(400 pushed metrics are invalid\)") as error:
        push(f"http://me:hunter2@{gateway.address}", b"")
    assert "hunter2" not in str(error.value)


def test_silence_is_an_error(free_port: Callable[[], int]) -> None:
    """A gateway that is not there is told."""
    with pytest.raises(MlflowExporterError, match=r"did not answer \(.*Connection refused\)"):
        push(f"127.0.0.1:{free_port()}", b"")


@pytest.mark.parametrize("url", ("ftp://host", "http://", "file:///etc/passwd"))
def test_other_addresses_are_refused(url: str) -> None:
    """Only HTTP is spoken."""
    with pytest.raises(MlflowExporterError, match="it is no address of a Pushgateway"):
        push(url, b"")
