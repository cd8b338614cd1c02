from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, request
from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument import Monitor, PredictionLog, WsgiMiddleware, monitor


@pytest.fixture
def app(registry: CollectorRegistry, log: PredictionLog) -> Any:
    """A Flask application, monitored as a whole and inside."""
    flask = Flask("server")

    @monitor(model="churn", version=3, registry=registry, log=log)
    def predict(row: dict[str, Any]) -> str:
        return "yes" if row["age"] > 40 else "no"

    @flask.post("/predict")
    def handle() -> Any:
        return {"prediction": predict(request.get_json())}

    @flask.get("/health")
    def health() -> str:
        return "ok"

    flask.wsgi_app = WsgiMiddleware(  # type: ignore[method-assign]  # flask's idiom
        flask.wsgi_app, model="churn", version=3, registry=registry, log=log
    )
    return flask.test_client()


def test_a_request_and_what_is_monitored_inside_are_one_call(
    app: Any, value: Callable[..., float], log: PredictionLog, rows_in: Any
) -> None:
    """Timed as the client sees it, with the class that the function predicted, logged under the client's identifier."""
    answer = app.post("/predict", json={"age": 44}, headers={"X-Request-Id": "order-1"}, buffered=True)
    assert answer.json == {"prediction": "yes"}
    assert answer.headers.getlist("X-Request-Id") == ["order-1"]
    assert value("ml_predictions_total") == value("ml_predicted_class_total", class_="yes") == 1
    assert log.flush(10)
    assert [row["request_id"] for row in rows_in(log.folder)] == ["order-1"]


def test_a_request_without_an_identifier_gets_one(app: Any) -> None:
    """Every answer has one, and no two the same."""
    names = [app.get("/health").headers["X-Request-Id"] for _ in range(2)]
    assert all(names)
    assert names[0] != names[1]


def test_other_requests_are_no_predictions(app: Any, value: Callable[..., float]) -> None:
    """A health check neither counts nor is timed."""
    assert app.get("/health").text == "ok"
    assert value("ml_predictions_total") == 0


def test_an_exception_is_named_though_flask_makes_a_500_of_it(app: Any, value: Callable[..., float]) -> None:
    """The function's own exception says more than the status."""
    assert app.post("/predict", json={}, buffered=True).status_code == 500
    assert value("ml_prediction_errors_total", exception="KeyError") == 1
    assert value("ml_predictions_in_progress") == 0


def test_what_the_client_did_wrong_is_no_error(app: Any, value: Callable[..., float]) -> None:
    """A body that is no JSON is refused by Flask, and the model is not to blame."""
    assert app.post("/predict", data="no json", buffered=True).status_code == 415
    assert value("ml_predictions_total") == 1
    assert value("ml_prediction_errors_total", exception="HTTP 415") == 0


class Stream:
    """An answer in pieces that must be closed."""

    closed = 0

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.parts = error, iter((b"a", b"b"))

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        part = next(self.parts, None)
        if part is None:
            raise self.error or StopIteration
        return part

    def close(self) -> None:
        self.closed += 1


def streaming(stream: Stream, registry: CollectorRegistry) -> Any:
    """The answer of a server that streams."""

    def application(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return stream

    middleware = WsgiMiddleware(application, model="churn", version=3, registry=registry)
    return middleware({"REQUEST_METHOD": "POST", "PATH_INFO": "/predict"}, lambda *args: None)


def test_a_stream_is_timed_to_its_end(registry: CollectorRegistry, value: Callable[..., float]) -> None:
    """The call lasts until the server closes the answer, which reaches the application's own."""
    stream = Stream()
    answer = streaming(stream, registry)
    assert list(answer) == [b"a", b"b"]
    assert value("ml_predictions_in_progress") == 1
    answer.close()
    assert stream.closed == 1
    assert (value("ml_predictions_in_progress"), value("ml_predictions_total")) == (0, 1)


def test_a_stream_that_breaks_off_is_an_error(registry: CollectorRegistry, value: Callable[..., float]) -> None:
    """The status was good, the stream was not; its exception goes on to the server."""
    stream = Stream(LookupError("broken"))
    answer = streaming(stream, registry)
    with pytest.raises(LookupError, match="broken"):
        list(answer)
    answer.close()
    assert stream.closed == 1
    assert value("ml_prediction_errors_total", exception="LookupError") == 1
    assert (value("ml_predictions_in_progress"), value("ml_predictions_total")) == (0, 1)


def test_a_client_that_goes_away_is_no_error(registry: CollectorRegistry, value: Callable[..., float]) -> None:
    """A stream of which a part was read is closed once, by the server."""
    stream = Stream()
    answer = streaming(stream, registry)
    parts = iter(answer)
    assert next(parts) == b"a"
    answer.close()
    parts.close()
    assert stream.closed == 1
    assert value("ml_predictions_total") == 1
    assert value("ml_prediction_errors_total", exception="GeneratorExit") == 0


def test_an_application_that_raises_is_an_error(registry: CollectorRegistry, value: Callable[..., float]) -> None:
    """Its exception goes on to the server."""

    def application(environ: Any, start_response: Any) -> Any:
        raise LookupError("broken")

    middleware = WsgiMiddleware(application, model="churn", version=3, registry=registry)
    with pytest.raises(LookupError, match="broken"):
        middleware({"REQUEST_METHOD": "POST", "PATH_INFO": "/predict"}, lambda *args: None)
    assert value("ml_prediction_errors_total", exception="LookupError") == 1


def test_the_middleware_shares_its_monitor(registry: CollectorRegistry) -> None:
    """Its metrics are those of the version, whoever else monitors it."""
    middleware = WsgiMiddleware(lambda environ, start: [], model="churn", version=3, registry=registry)
    assert isinstance(middleware.monitor, Monitor)
    assert middleware.monitor.version == "3"
