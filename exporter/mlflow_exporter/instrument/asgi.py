"""Middleware for ASGI applications: FastAPI, Starlette, Litestar."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import ExitStack
from typing import Any, TypeAlias, Unpack

from mlflow_exporter.instrument.call import Call
from mlflow_exporter.instrument.monitors import Options, shared
from mlflow_exporter.instrument.request_ids import HEADER, accepted, request_id
from mlflow_exporter.instrument.requests import PATHS, is_call, judge

_HEADER = HEADER.lower().encode()

Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]


class AsgiMiddleware:
    """Monitors the requests to a model's paths, from the request's arrival to the answer's last byte (ASGI 3).

    Each request, whatever its path, gets an identifier: the one in its X-Request-Id, else a new one. The answer has it
    in the same header. The other options are those of Monitor. What is no HTTP request is passed on as it is; what an
    application does after its answer (background tasks) is no part of the call.
    """

    def __init__(
        self,
        app: Callable[[Scope, Receive, Send], Awaitable[None]],
        *,
        model: str,
        version: str | int,
        paths: Collection[str] = PATHS,
        **options: Unpack[Options],
    ) -> None:
        self._app, self.monitor = app, shared(model, version, **options)
        self._paths = frozenset(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identifier = accepted(_given(scope))
        is_asked = is_call(scope["method"], scope["path"], self._paths)
        with request_id(identifier), ExitStack() as ends:
            call = ends.enter_context(self.monitor.monitored()) if is_asked else None
            await self._app(scope, receive, _sender(send, identifier, call, ends))


def _given(scope: Scope) -> str | None:
    found = (value for name, value in scope["headers"] if name.lower() == _HEADER)
    return next((value.decode("latin-1") for value in found), None)


def _sender(send: Send, identifier: str, call: Call | None, ends: ExitStack) -> Send:
    async def send_named(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            if call is not None:
                judge(call, message["status"])
            kept = [(name, value) for name, value in message.get("headers", ()) if name.lower() != _HEADER]
            message = {**message, "headers": [*kept, (_HEADER, identifier.encode("latin-1"))]}
        await send(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            ends.close()

    return send_named
