"""The identifier of the request at hand, under which its predictions are logged and labels come back."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from mlflow_exporter.instrument.forks import renew_after_fork

HEADER: Final = "X-Request-Id"
_ACCEPTED = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


class _Identifiers:
    """Identifiers that no other process makes: a random beginning of its own, and a counter.

    As unique as a UUID, at a tenth of its cost.
    """

    def __init__(self) -> None:
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Take another beginning."""
        self._beginning, self._counter = os.urandom(9).hex(), itertools.count()

    def new(self) -> str:
        return f"{self._beginning}-{next(self._counter):x}"


_identifiers = _Identifiers()


def current_request_id() -> str | None:
    """The identifier of the request at hand; None outside of one."""
    return _current.get()


def new_request_id() -> str:
    """An identifier that was never used before."""
    return _identifiers.new()


def accepted(given: str | None) -> str:
    """The identifier that a client gave, or a new one where it gave none that is short and plain.

    >>> accepted("order-1"), accepted("two words") == "two words"
    ('order-1', False)
    """
    return given if given is not None and _ACCEPTED.fullmatch(given) else new_request_id()


@contextmanager
def request_id(identifier: str) -> Iterator[str]:
    """Predictions made inside are logged under this identifier."""
    token = _current.set(identifier)
    try:
        yield identifier
    finally:
        _current.reset(token)
