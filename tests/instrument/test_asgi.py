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


def test_what_is_no_request_is_passed_on(registry: CollectorRegistry) -> None:
    """A server's start and its web sockets are none of the middleware's business."""
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    middleware = AsgiMiddleware(application, model="churn", version=3, registry=registry)
    asyncio.run(middleware({"type": "lifespan"}, receive, receive))  # type: ignore[arg-type]  # never called
    assert seen == ["lifespan"]
