from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mlflow_exporter.alerting.actions.action import Leash
from mlflow_exporter.alerting.actions.aws_lambda import Lambda
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.errors import ActionError

pytest.importorskip("boto3", reason="NOT TESTED, not installed: boto3 (pip install boto3)")


class Aws:
    """A server that answers like AWS Lambda's `Invoke`, and notes what it is asked."""

    def __init__(self) -> None:
        self.url = ""
        self.status, self.headers, self.body = 200, dict[str, str](), '{"ok": true}'
        self.got: list[tuple[str, str, bytes]] = []

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        content = request.rfile.read(int(request.headers["Content-Length"]))
        self.got.append((request.path, str(request.headers["X-Amz-Invocation-Type"]), content))
        request.send_response(self.status)
        for name, value in {**self.headers, "Content-Length": str(len(self.body))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(self.body.encode())


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """A running one, and credentials for it."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": "/nowhere",
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    made = Aws()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's name
            pass

        def do_POST(self) -> None:
            made.answer(self)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        made.url = f"http://127.0.0.1:{server.server_port}"
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture
def function(configured: Callable[..., Any], aws: Aws) -> Callable[..., Lambda]:
    """Makes the action that invokes a function of that server."""
    keys = {"function": "retrain", "region": "eu-central-1", "endpoint_url": aws.url}
    return lambda **others: Lambda(configured("lambda", **keys, **others))


def test_the_function_gets_the_alert(function: Callable[..., Lambda], aws: Aws, event: Event, leash: Leash) -> None:
    """Its payload is the alert, and what it gives is the output."""
    assert function().run(event, leash) == '{"ok": true}'
    ((path, kind, content),) = aws.got
    assert (path, kind) == ("/2015-03-31/functions/retrain/invocations", "RequestResponse")
    assert json.loads(content) == event.document()


def test_it_may_only_be_handed_over(function: Callable[..., Lambda], aws: Aws, event: Event, leash: Leash) -> None:
    """Without waiting, AWS has it, and nobody knows what becomes of it."""
    aws.status, aws.body = 202, ""
    assert function(wait=False).run(event, leash) == "handed over, status 202"
    assert aws.got[0][1] == "Event"


def test_a_function_that_fails_is_a_failure(
    function: Callable[..., Lambda], aws: Aws, event: Event, leash: Leash
) -> None:
    """AWS answers 200 for it, and says so in a header."""
    aws.headers, aws.body = {"X-Amz-Function-Error": "Unhandled"}, '{"errorMessage": "no data"}'
    with pytest.raises(ActionError, match=r'the function failed \(Unhandled\):\n\{"errorMessage": "no data"\}'):
        function().run(event, leash)


def test_an_error_of_aws_is_asked_for_once(
    function: Callable[..., Lambda], aws: Aws, event: Event, leash: Leash
) -> None:
    """A second attempt could run the function twice."""
    aws.status, aws.body = 503, "{}"
    with pytest.raises(ActionError, match=r"AWS did not run it: .*503.*; check the function"):
        function().run(event, leash)
    assert len(aws.got) == 1


def test_without_credentials_nothing_is_sent(
    function: Callable[..., Lambda], aws: Aws, event: Event, leash: Leash, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure is AWS's library's own."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ActionError, match="AWS did not run it: Unable to locate credentials"):
        function().run(event, leash)
    assert aws.got == []


def test_without_boto3_it_says_what_to_install(
    function: Callable[..., Lambda], event: Event, leash: Leash, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library is an extra."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ActionError, match=r'boto3 is not installed; pip install "mlflow-exporter\[aws\]"'):
        function().run(event, leash)
    assert function().plan(event) == "invoke retrain"
