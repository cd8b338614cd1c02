"""One call of a model, from its inputs to its outputs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mlflow_exporter.instrument.inputs import Inputs
from mlflow_exporter.instrument.outputs import Outputs, read_outputs
from mlflow_exporter.instrument.request_ids import current_request_id, new_request_id

if TYPE_CHECKING:
    from mlflow_exporter.instrument.monitoring import Monitor

_current: ContextVar[Call | None] = ContextVar("call", default=None)


class Call:
    """A context manager around one call of a model, sync or async; none of its methods raises an exception.

    `request_id` is what the call is logged under. A call within one of the same monitor is part of that one, which
    alone is counted. `taken` are the rows of its inputs, None where nobody told them or they were not understood.

    An exception counts as an error, and goes its way. A call that is cancelled, or a stream that is closed early (the
    client is gone), is no error of the model; but it counts with the time it took, since slow answers would hide behind
    impatient clients. `is_shared` is False for streams: between their steps other code runs, whose calls are its own.
    """

    __slots__ = (
        *("_is_shared", "_outer", "_started", "_token"),
        *("failure", "given", "ids", "is_open", "monitor", "request_id", "taken"),
    )

    def __init__(self, monitor: Monitor, request_id: str | None = None, *, is_shared: bool = True) -> None:
        self.monitor, self._is_shared = monitor, is_shared
        self.request_id = request_id or current_request_id() or new_request_id()
        self.taken: Inputs | None = None
        self.ids: Sequence[str] | None = None
        self.given: tuple[Any, Any] | None = None
        self.failure: str | None = None
        self._outer: Call | None = None
        self._token: Token[Call | None] | None = None
        self.is_open = False
        self._started = 0.0

    def __enter__(self) -> Self:
        if self._is_shared and not self._join(_current.get()):
            self._token = _current.set(self)
        if self._outer is None:
            self.is_open = True
            self.monitor.begin()
            self._started = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None and issubclass(kind, Exception):
            self.fail(kind.__name__)
        if self._outer is not None:
            return
        seconds = time.perf_counter() - self._started
        self.is_open = False
        if self._token is not None and _current.get() is self:
            # Ended in another context (a server closes a stream, a framework answers in a task of its own), there is
            # nothing to reset.
            with suppress(ValueError):
                _current.reset(self._token)
        self.monitor.end(self, seconds, is_answered=kind is None)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def inputs(self, given: Any, *, ids: Sequence[str] | None = None) -> None:
        """Say what the model is given; `ids` (one for each row) are what the rows are logged under.

        By default a single row is logged under the request's id, row i of several under `<request id>-<i>`. A copy is
        kept where there is a log, and values are counted at once where there are bins.
        """
        if self._outer is not None:
            self._outer.inputs(given, ids=ids)
            return
        self.ids = ids
        self.taken = self.monitor.take(given)

    def outputs(self, given: Any, *, probabilities: Any = None) -> None:
        """Say what the model answered; `probabilities` has those of all classes, where they came apart."""
        (self._outer or self).given = given, probabilities

    def fail(self, failure: str) -> None:
        """Count the call as an error though no exception leaves it; the name of one that was met inside is kept."""
        call = self._outer or self
        call.failure = call.failure or failure

    def excuse(self) -> None:
        """Count the call as none, whatever was met inside."""
        self.failure = None

    def answers(self, classes: Sequence[str]) -> Outputs | None:
        """What the model answered; None where nobody told."""
        return None if self.given is None else read_outputs(*self.given, classes)

    def _join(self, outer: Call | None) -> bool:
        """Become a part of a call of the same monitor that has not ended."""
        if outer is None or outer.monitor is not self.monitor or not outer.is_open:
            return False
        self._outer, self.request_id = outer, outer.request_id
        return True
