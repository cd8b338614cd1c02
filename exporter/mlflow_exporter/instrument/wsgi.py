"""Middleware for WSGI applications: Flask, Django, Bottle."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from typing import Any, Unpack

from mlflow_exporter.instrument.call import Call
from mlflow_exporter.instrument.monitors import Options, shared
from mlflow_exporter.instrument.request_ids import HEADER, accepted, request_id
from mlflow_exporter.instrument.requests import PATHS, is_call, judge

_VARIABLE = "HTTP_" + HEADER.upper().replace("-", "_")


class WsgiMiddleware:
    """Monitors the requests to a model's paths, from the request's arrival to the answer's last byte (PEP 3333).

    Each request, whatever its path, gets an identifier: the one in its X-Request-Id, else a new one. The answer has it
    in the same header. The other options are those of Monitor.
    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        *,
        model: str,
        version: str | int,
        paths: Collection[str] = PATHS,
        **options: Unpack[Options],
    ) -> None:
        self._app, self.monitor = app, shared(model, version, **options)
        self._paths = frozenset(paths)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        identifier = accepted(environ.get(_VARIABLE))
        is_asked = is_call(environ.get("REQUEST_METHOD", ""), environ.get("PATH_INFO", ""), self._paths)
        with ExitStack() as stack:
            stack.enter_context(request_id(identifier))
            call = stack.enter_context(self.monitor.monitored()) if is_asked else None
            answer = self._app(environ, self._starter(start_response, identifier, call))
            return answer if call is None else _Answer(answer, call, stack.pop_all())

    def _starter(self, start_response: Callable[..., Any], identifier: str, call: Call | None) -> Callable[..., Any]:
        def start(status: str, headers: list[tuple[str, str]], *exception: Any) -> Any:
            if call is not None:
                self.monitor.faults.attempt("outputs", lambda: judge(call, int(status[:3])))
            kept = [(name, value) for name, value in headers if name.lower() != HEADER.lower()]
            return start_response(status, [*kept, (HEADER, identifier)], *exception)

        return start


class _Answer:
    """An answer that ends its call when it is closed, which every server does."""

    def __init__(self, answer: Iterable[bytes], call: Call, ends: ExitStack) -> None:
        self._answer, self._call, self._ends = answer, call, ends

    def __iter__(self) -> Iterator[bytes]:
        try:
            for part in self._answer:  # noqa: UP028 -- `yield from` would close the answer, which `close` does
                yield part
        except Exception as error:
            self._call.fail(type(error).__name__)
            raise

    def close(self) -> None:
        with self._ends:
            close = getattr(self._answer, "close", None)
            if close is not None:
                close()
