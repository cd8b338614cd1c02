"""What MLflow would say of every request: columns and parameters that the signature does not have are ignored."""

from __future__ import annotations

import logging

_LOGGER = "mlflow.models.utils"


def say_once() -> None:
    """Let each kind of these warnings into the log once: a client that sends more than is needed always does."""
    logging.getLogger(_LOGGER).addFilter(_Once())


class _Once(logging.Filter):
    """Passes the first message from each line of code."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[int] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        is_new = record.lineno not in self._seen
        self._seen.add(record.lineno)
        return is_new
