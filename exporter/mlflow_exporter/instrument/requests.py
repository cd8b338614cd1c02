"""HTTP requests that are calls of a model, whatever the framework."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from mlflow_exporter.instrument.call import Call
from mlflow_exporter.instrument.monitoring import Monitor
from mlflow_exporter.instrument.request_ids import request_id

PATHS: Final = ("/invocations", "/predict")
_SERVER_ERROR: Final = 500


class Requests:
    """Which requests are calls of the model: every POST to one of the paths."""

    def __init__(self, monitor: Monitor, paths: Collection[str]) -> None:
        self._monitor, self._paths = monitor, frozenset(paths)

    def is_call(self, method: str, path: str) -> bool:
        """Whether a request is a call of the model."""
        return method == "POST" and path in self._paths

    @contextmanager
    def handled(self, identifier: str, *, is_call: bool) -> Iterator[Call | None]:
        """Around a request: monitored functions inside take its identifier, and are one call with it."""
        with request_id(identifier):
            if not is_call:
                yield None
                return
            with self._monitor.monitored() as call:
                yield call


def judge(call: Call, status: int) -> None:
    """Count an answer by its status.

    500 and above is an error of the model, named by the exception that a monitored function inside raised, else by the
    status. Below, nothing is: a request that was refused is the client's error.
    """
    if status >= _SERVER_ERROR:
        call.fail(f"HTTP {status}")
    else:
        call.excuse()
