"""Errors inside the instrument: counted, logged once a minute, and never the caller's."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from mlflow_exporter.instrument.forks import ForkLock

SILENT_SECONDS: Final = 60.0

Result = TypeVar("Result")
_logger = logging.getLogger("mlflow_exporter.instrument")


class Faults:
    """Runs the steps of the instrument so that no exception leaves them.

    `count` is called with the stage of each error; `subject` names in the log whose instrument it is.
    """

    def __init__(
        self, subject: str, count: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._subject, self._count, self._clock = subject, count, clock
        self._logged: dict[str, float] = {}
        self._silent: dict[str, int] = {}
        self._lock = ForkLock()

    def attempt(self, stage: str, step: Callable[..., Result], *arguments: Any) -> Result | None:
        """The result of step(*arguments), None where it raised an exception."""
        try:
            return step(*arguments)
        except Exception as error:  # noqa: BLE001 -- whatever goes wrong in an instrument, the prediction goes on
            self.report(stage, error)
            return None

    def report(self, stage: str, error: BaseException) -> None:
        """Count an error, and log it unless one of the stage was logged within the last minute."""
        uncounted = self._uncounted(stage)
        with self._lock.held():
            now = self._clock()
            if now - self._logged.get(stage, -SILENT_SECONDS) < SILENT_SECONDS:
                self._silent[stage] = self._silent.get(stage, 0) + 1
                return
            self._logged[stage] = now
            since = self._silent.pop(stage, 0)
        _logger.warning(
            "%s: the instrument failed at %s (%s), and the prediction went on; %d more since the last such line%s",
            *(self._subject, stage, _described(error), since, uncounted),
        )

    def _uncounted(self, stage: str) -> str:
        """Count an error; what is to be said where that fails, as on a full disk that several processes count on."""
        try:
            self._count(stage)
        except Exception as error:  # noqa: BLE001 -- see attempt
            return f"; it could not be counted ({_described(error)})"
        return ""


def _described(error: BaseException) -> str:
    """The class and, of an operating system's error, its text: the message of any other may quote an input."""
    text = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
    return f"{type(error).__name__}{text}"
