"""HTTP requests that are calls of a model, whatever the framework."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from mlflow_exporter.instrument.call import Call

PATHS: Final = ("/invocations", "/predict")
_SERVER_ERROR: Final = 500


def is_call(method: str, path: str, paths: Collection[str]) -> bool:
    """Whether a request is a call of the model: every POST to one of its paths is."""
    return method == "POST" and path in paths


def judge(call: Call, status: int) -> None:
    """Count an answer by its status.

    500 and above is an error of the model, named by the exception that a monitored function inside raised, else by the
    status. Below, nothing is: a request that was refused is the client's error.
    """
    if status >= _SERVER_ERROR:
        call.fail(f"HTTP {status}")
    else:
        call.excuse()
