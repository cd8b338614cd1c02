from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from mlflow.version import VERSION

from mlflow_exporter.serving.application import create_app
from mlflow_exporter.serving.copies import Copies
from mlflow_exporter.serving.following import Following
from mlflow_exporter.serving.loading import Loader
from mlflow_exporter.serving.model_uri import ModelUri
from mlflow_exporter.serving.origin import Origin
from mlflow_exporter.serving.routing import Split
from mlflow_exporter.serving.served import ServedModel
from mlflow_exporter.serving.server import ScoringServer

ROW = {"age": 44.0, "income": 1000.0, "visits": 3, "region": "north"}


@pytest.fixture
def scoring(churn_model: ServedModel, loader: Loader, tmp_path: Path) -> ScoringServer:
    """A server of the churn classifier."""
    origin = Origin(ModelUri.parse("models:/churn@champion"), "http://127.0.0.1:9")
    return ScoringServer(Following("main", origin, Copies(tmp_path / "main"), loader, current=churn_model), max_rows=5)


@pytest.fixture
def client(scoring: ScoringServer) -> FlaskClient:
    """Asks that server."""
    return create_app(scoring, max_bytes=2000).test_client()


def serve(model: ServedModel | None, scoring: ScoringServer) -> ScoringServer:
    """The server with another main model."""
    return replace(scoring, main=replace(scoring.main, current=model))


def test_plain_records_are_answered_with_version_and_id(client: FlaskClient, churn_model: ServedModel) -> None:
    """One record or several, the answer has a list of predictions, what made them, and the request's id."""
    one = client.post("/predict", json=ROW, headers={"X-Request-Id": "order-1"})
    assert one.json == {
        "predictions": ["yes"],
        "request_id": "order-1",
        "model": "churn",
        "version": churn_model.key.version,
    }
    assert (one.headers["X-Request-Id"], one.headers["X-Model-Version"]) == ("order-1", churn_model.key.version)
    two = client.post("/predict", json=[ROW, {**ROW, "age": 20.0}]).get_json()
    assert two["predictions"] == ["yes", "no"]
    assert len(two["request_id"]) > 10


@pytest.mark.parametrize("given", ("two\tparts", "é", "x" * 129, "a,b"))
def test_an_id_that_fits_nowhere_is_replaced(client: FlaskClient, given: str) -> None:
    """A header that could break a log line or a file is not taken for an id."""
    answer = client.post("/predict", json=ROW, headers={"X-Request-Id": given.encode().decode("latin-1")})
    assert answer.status_code == 200
    assert answer.headers["X-Request-Id"] not in ("", given)


@pytest.mark.parametrize("path", ("/predict", "/invocations"))
def test_errors_have_an_id_and_no_value(client: FlaskClient, path: str) -> None:
    """What does not fit is refused as JSON with a reason; nothing that was sent is repeated."""
    rows = {**ROW, "age": "SECRET"}
    answer = client.post(path, json=rows if path == "/predict" else {"dataframe_records": [rows]})
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error_code"] == "BAD_REQUEST"
    assert "column 'age': expected double, row 0 is text" in answer.json["message"]
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert "SECRET" not in answer.text


def test_limits_are_kept(client: FlaskClient) -> None:
    """A body that is too large gets 413, too many rows 400."""
    assert client.post("/invocations", data=b"x" * 2001, content_type="text/csv").status_code == 413
    assert client.post("/predict", json=[ROW] * 6).status_code == 400
    assert client.post("/predict", json=[ROW] * 5).status_code == 200


@pytest.mark.parametrize(("rows", "status"), ((99, 200), (100, 413)))
@pytest.mark.parametrize("is_chunked", (False, True))
def test_a_body_is_taken_whole_or_not_at_all(scoring: ScoringServer, rows: int, status: int, is_chunked: bool) -> None:
    """One byte too many is 413 with and without Content-Length: no part of a body is ever answered."""
    content = b"age,income,visits,region\n" + b"44,1,3,north\n" * rows
    client = create_app(replace(scoring, max_rows=1000), max_bytes=1312).test_client()
    headers = {"Content-Type": "text/csv", **({"Transfer-Encoding": "chunked"} if is_chunked else {})}
    # A server that decodes chunks, such as gunicorn, tells that the input ends by itself.
    environ = {"wsgi.input_terminated": True}
    answer = client.post("/invocations", data=content, headers=headers, environ_overrides=environ)
    assert (len(content) > 1312) == (status == 413)
    assert answer.status_code == status
    if status == 200:
        assert len(answer.get_json()["predictions"]) == rows


def test_a_model_that_fails_is_a_fault_of_the_server(
    scoring: ScoringServer, doubler_model: ServedModel, caplog: pytest.LogCaptureFixture
) -> None:
    """Input that fits and an exception of the model: 500, its text neither in the answer nor hidden from the log."""
    client = create_app(serve(doubler_model, scoring), max_bytes=2000).test_client()
    answer = client.post("/predict", json={"x": -7.5})
    assert answer.status_code == 500
    assert answer.json is not None
    assert "7.5" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_probes_know_whether_there_is_a_model(scoring: ScoringServer, client: FlaskClient) -> None:
    """With a model MLflow's answer and details; without, 404 and 503, and no scoring."""
    assert (client.get("/ping").status_code, client.get("/ping").text) == (200, "\n")
    health = client.get("/health")
    assert health.status_code == 200
    assert health.json is not None
    assert [model["role"] for model in health.json["models"]] == ["main"]
    assert client.get("/version").text == VERSION
    without = create_app(serve(None, scoring), max_bytes=2000).test_client()
    assert [without.get(path).status_code for path in ("/ping", "/health")] == [404, 503]
    assert without.post("/predict", json=ROW).status_code == 503


def test_what_was_refused_is_in_the_health(
    scoring: ScoringServer, client: FlaskClient, churn_model: ServedModel
) -> None:
    """A version that could not take over is told with the reason, and the server is healthy still."""
    scoring.main.refused[replace(churn_model.key, version="9")] = "it does not load"
    health = client.get("/health")
    assert health.status_code == 200
    assert health.json is not None
    assert health.json["refused"] == [{"role": "main", "model": "churn", "version": "9", "why": "it does not load"}]


@pytest.mark.parametrize(
    ("path", "method", "status"), (("/nothing", "get", 404), ("/invocations", "get", 405), ("/ping", "post", 405))
)
def test_other_routes_are_refused_as_json(client: FlaskClient, path: str, method: str, status: int) -> None:
    """A wrong route or method is an error like any other."""
    answer = getattr(client, method)(path)
    assert (answer.status_code, answer.content_type) == (status, "application/json")
    assert answer.get_json()["error_code"] == {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}[status]


def test_a_split_goes_by_the_key(scoring: ScoringServer, models: Any, loader: Loader, churn_model: ServedModel) -> None:
    """The header decides, else the column, and the same key always gets the same version, which the answer names."""
    other = loader.load(models.churn())
    split = Split.parse("models:/churn@challenger=50")
    challenger = replace(scoring.main, role="split", current=other)
    server = replace(scoring, split=split, challenger=challenger, split_key="customer")
    client = create_app(server, max_bytes=2000).test_client()
    for i in range(20):
        expected = (other if split.has(str(i)) else churn_model).key.version
        by_header = client.post("/predict", json={**ROW, "customer": 1}, headers={"X-Split-Key": str(i)})
        by_column = client.post("/predict", json={**ROW, "customer": i})
        assert by_header.headers["X-Model-Version"] == by_column.headers["X-Model-Version"] == expected
    mixed = client.post("/predict", json=[{**ROW, "customer": 1}, {**ROW, "customer": 2}])
    assert mixed.status_code == 400
    assert "2 different keys in column 'customer'" in mixed.text


def test_requests_are_logged_without_inputs(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    """A line has route, status, id, time, rows and version, and nothing that was sent."""
    from structlog.testing import capture_logs  # noqa: PLC0415

    with capture_logs() as events:
        client.post("/predict", json=[ROW, ROW], headers={"X-Request-Id": "order-1"})
        client.get("/ping")
    [event] = [event for event in events if event["event"] == "request"]
    assert {key: event[key] for key in ("route", "status", "request_id", "rows")} == {
        "route": "/predict",
        "status": 200,
        "request_id": "order-1",
        "rows": 2,
    }
    assert event["seconds"] > 0
    assert "north" not in json.dumps(event, default=str)


@pytest.mark.parametrize(
    ("sent", "code", "reason"),
    (
        ({"data": b"SECRET", "content_type": "text/html"}, "UNSUPPORTED_MEDIA_TYPE", "unsupported_media_type"),
        ({"data": b"S" * 2001, "content_type": "text/csv"}, "CONTENT_TOO_LARGE", "content_too_large"),
        ({"data": b"{SECRET", "content_type": "application/json"}, "BAD_REQUEST", "unreadable"),
        ({"json": [ROW] * 6}, "BAD_REQUEST", "too_large"),
        ({"json": {**ROW, "age": "SECRET"}}, "BAD_REQUEST", "signature"),
    ),
)
def test_a_refusal_is_logged_with_its_kind(client: FlaskClient, sent: dict[str, Any], code: str, reason: str) -> None:
    """The answer has a code with a name; the log's line has why, in a word that says nothing of what was sent."""
    from structlog.testing import capture_logs  # noqa: PLC0415

    with capture_logs() as events:
        answer = client.post("/predict", **sent)
    assert answer.get_json()["error_code"] == code
    [event] = [event for event in events if event["event"] == "request"]
    assert event["reason"] == reason
    assert "SECRET" not in json.dumps(events, default=str)
