from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.alerting.actions.action import Leash
from mlflow_exporter.alerting.actions.http import Http
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.errors import ActionError
from mlflow_exporter.state.alerts import Alert


@dataclass
class Receiver:
    """A web server that notes what it gets, and answers as it is told."""

    url: str = ""
    status: int = 202
    body: str = "taken"
    location: str = ""
    got: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        content = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.got.append((request.command, request.path, dict(request.headers), content))
        request.send_response(self.status)
        request.send_header("Content-Length", str(len(self.body.encode())))
        if self.location:
            request.send_header("Location", self.location)
        request.end_headers()
        request.wfile.write(self.body.encode())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A running one."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's name
            pass

        def do_POST(self) -> None:
            made.answer(self)

        do_PUT = do_GET = do_POST  # noqa: N815 -- http.server's names

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        made.url = f"http://127.0.0.1:{server.server_port}"
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture
def http(configured: Callable[..., Any], receiver: Receiver) -> Callable[..., Http]:
    """Makes the action that sends to the receiver."""
    return lambda path="/hook", **keys: Http(configured("http", url=f"{receiver.url}{path}", **keys))


def test_the_alert_is_sent(http: Callable[..., Http], receiver: Receiver, event: Event, leash: Leash) -> None:
    """By POST, as JSON; status and answer are the output."""
    assert http(headers={"X-Team": "ml"}).run(event, leash) == "202 Accepted\ntaken"
    ((method, path, headers, content),) = receiver.got
    assert (method, path, headers["Content-Type"], headers["X-Team"]) == ("POST", "/hook", "application/json", "ml")
    assert json.loads(content) == event.document()
    assert headers["User-Agent"].startswith("mlflow-exporter/")


def test_a_body_is_made_of_the_alert(
    http: Callable[..., Http], receiver: Receiver, alert: Callable[..., Alert], leash: Leash
) -> None:
    """What receivers expect is written as JSON with placeholders; a hole in it is an error before anything is sent."""
    made = http(body='{"event": "{alertname}", "inputs": {"model": "{model}"}}', method="PUT")
    made.run(Event(alert(model='a"b'), "firing"), leash)
    assert json.loads(receiver.got[0][3]) == {"event": "FeatureDrift", "inputs": {"model": 'a"b'}}
    with pytest.raises(ActionError, match="no label 'model'"):
        made.run(Event(Alert("f", 0.0, None, {"alertname": "x"}), "firing"), leash)
    with pytest.raises(ActionError, match="no label 'model'"):
        made.plan(Event(Alert("f", 0.0, None, {"alertname": "x"}), "firing"))
    assert len(receiver.got) == 1


def test_the_token_is_read_each_time_and_never_shown(
    http: Callable[..., Http], receiver: Receiver, event: Event, leash: Leash, tmp_path: Path
) -> None:
    """A token that was exchanged counts at once; a server that repeats it does not bring it into the history."""
    (tmp_path / "token").write_text("hunter2\n")
    made = http(bearer_file=str(tmp_path / "token"))
    receiver.body = "you said hunter2"
    assert made.run(event, leash) == "202 Accepted\nyou said <secret>"
    assert receiver.got[0][2]["Authorization"] == "Bearer hunter2"
    (tmp_path / "token").unlink()
    with pytest.raises(ActionError, match="token: cannot be read: No such file"):
        made.run(event, leash)


def test_a_refusal_is_a_failure(http: Callable[..., Http], receiver: Receiver, event: Event, leash: Leash) -> None:
    """Any status but success, with what the server says."""
    receiver.status, receiver.body = 422, "no such workflow"
    with pytest.raises(ActionError, match=r"^127\.0\.0\.1 answered 422 [\w ]+:\nno such workflow$"):
        http().run(event, leash)


def test_redirects_are_not_followed(
    http: Callable[..., Http], receiver: Receiver, event: Event, leash: Leash, tmp_path: Path
) -> None:
    """The token goes nowhere but to the server that it was given for."""
    (tmp_path / "token").write_text("hunter2")
    receiver.status, receiver.location = 307, f"{receiver.url}/elsewhere"
    with pytest.raises(ActionError, match="answered 307"):
        http(bearer_file=str(tmp_path / "token")).run(event, leash)
    assert len(receiver.got) == 1


def test_a_get_has_no_body(http: Callable[..., Http], receiver: Receiver, event: Event, leash: Leash) -> None:
    """Some webhooks only want to be asked."""
    http(method="GET").run(event, leash)
    assert (receiver.got[0][0], receiver.got[0][3]) == ("GET", b"")


def test_a_server_that_is_not_there(
    configured: Callable[..., Any], free_port: Callable[[], int], event: Event, leash: Leash
) -> None:
    """The failure names the host and not the path, which may be a secret."""
    made = Http(configured("http", url=f"http://127.0.0.1:{free_port()}/hunter2"))
    with pytest.raises(ActionError) as caught:
        made.run(event, leash)
    assert str(caught.value).startswith("127.0.0.1 did not answer: [Errno 111] Connection refused; ")


def test_the_plan_shows_where_to(http: Callable[..., Http], event: Event) -> None:
    """Method and host, and neither path nor query."""
    assert http("/services/hunter2?key=hunter2").plan(event) == "POST http://127.0.0.1/…"
