from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument import AsgiMiddleware, current_request_id, monitor


async def receive() -> dict[str, Any]:
    """The client has nothing more to say."""
    return {"type": "http.disconnect"}


def ask(middleware: AsgiMiddleware, path: str = "/predict", *headers: tuple[bytes, bytes]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": list(headers)}
    asyncio.run(middleware(scope, receive, send))
    return sent


def serving(registry: CollectorRegistry, status: int = 200, raised: BaseException | None = None) -> AsgiMiddleware:
    """A server that predicts, then answers with a status or raises."""

    @monitor(model="churn", version=3, registry=registry)
    async def predict(row: dict[str, Any]) -> str:
        return "yes"

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await predict({"age": 44})
        if raised is not None:
            raise raised
        await send({"type": "http.response.start", "status": status, "headers": [(b"x-request-id", b"inner")]})
        await send({"type": "http.response.body", "body": (current_request_id() or "").encode()})

    return AsgiMiddleware(application, model="churn", version=3, registry=registry)


def test_a_request_and_what_is_monitored_inside_are_one_call(
    registry: CollectorRegistry, value: Callable[..., float]
) -> None:
    """With the client's identifier inside and in the answer."""
    start, body = ask(serving(registry), "/predict", (b"x-request-id", b"order-1"))
    assert start["headers"] == [(b"x-request-id", b"order-1")]
    assert body["body"] == b"order-1"
    assert value("ml_predictions_total") == value("ml_predicted_class_total", class_="yes") == 1


def test_other_paths_have_an_identifier_and_no_call(registry: CollectorRegistry, value: Callable[..., float]) -> None:
    """The function inside counts by itself then."""
    start, body = ask(serving(registry), "/other")
    assert body["body"] == start["headers"][0][1] != b""
    assert value("ml_predictions_total") == 1


@pytest.mark.parametrize(("status", "errors"), ((200, 0), (422, 0), (503, 1)))
def test_the_status_decides_what_is_an_error(
    registry: CollectorRegistry, value: Callable[..., float], status: int, errors: int
) -> None:
    """As in every framework."""
    ask(serving(registry, status))
    assert value("ml_prediction_errors_total", exception=f"HTTP {status}") == errors


def test_an_exception_is_an_error_and_a_cancellation_none(
    registry: CollectorRegistry, value: Callable[..., float]
) -> None:
    """Both go their way, and no call stays in progress."""
    with pytest.raises(LookupError):
        ask(serving(registry, raised=LookupError()))
    with pytest.raises(asyncio.CancelledError):
        ask(serving(registry, raised=asyncio.CancelledError()))
    assert value("ml_prediction_errors_total", exception="LookupError") == 1
    assert value("ml_prediction_errors_total", exception="CancelledError") == 0
    assert (value("ml_predictions_total"), value("ml_predictions_in_progress")) == (2, 0)


@pytest.mark.parametrize("sends_from_a_task", (False, True))
def test_a_call_ends_with_the_answers_last_byte(
    registry: CollectorRegistry, value: Callable[..., float], sends_from_a_task: bool
) -> None:
    """What is done afterwards is neither timed nor an error of the call, whichever task of the framework has sent."""
    seen: list[tuple[float, float]] = []

    def look() -> None:
        seen.append((value("ml_predictions_in_progress"), value("ml_prediction_latency_seconds_count")))

    @monitor(model="churn", version=3, registry=registry)
    def predict(row: dict[str, Any]) -> str:
        return "no"

    async def answer(send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        look()
        await send({"type": "http.response.body"})
        look()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await (asyncio.create_task(answer(send)) if sends_from_a_task else answer(send))
        assert current_request_id() == "order-1"
        predict({"age": 20})
        raise LookupError("in the background")

    middleware = AsgiMiddleware(application, model="churn", version=3, registry=registry)
    with pytest.raises(LookupError):
        ask(middleware, "/predict", (b"x-request-id", b"order-1"))
    assert seen == [(1, 0), (0, 1)]
    assert (value("ml_predictions_total"), value("ml_predictions_in_progress")) == (2, 0)
    assert value("ml_prediction_errors_total", exception="LookupError") == 0


def test_an_answer_that_breaks_off_is_an_error(registry: CollectorRegistry, value: Callable[..., float]) -> None:
    """The status was good, the stream was not."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        raise LookupError("broken")

    with pytest.raises(LookupError):
        ask(AsgiMiddleware(application, model="churn", version=3, registry=registry))
    assert value("ml_prediction_errors_total", exception="LookupError") == 1


def test_what_is_no_request_is_passed_on(registry: CollectorRegistry) -> None:
    """A server's start and its web sockets are none of the middleware's business."""
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    middleware = AsgiMiddleware(application, model="churn", version=3, registry=registry)
    asyncio.run(middleware({"type": "lifespan"}, receive, receive))  # type: ignore[arg-type]  # never called
    assert seen == ["lifespan"]
