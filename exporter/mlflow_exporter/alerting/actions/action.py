"""What every kind of action is."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Protocol

from mlflow_exporter.alerting.event import Event

OUTPUT_LIMIT = 8_000
"""Characters of an action's output that are kept."""


@dataclass(frozen=True, slots=True)
class Leash:
    """What bounds a run: so many seconds, and the end of the exporter."""

    seconds: float
    stopping: threading.Event = field(default_factory=threading.Event)


class Action(Protocol):
    """Something to do about an alert; both raise ActionError, and never what a server or program said raw."""

    def plan(self, event: Event) -> str:
        """What `run` would do; nothing is changed by asking."""
        ...

    def run(self, event: Event, leash: Leash) -> str:
        """Do it; what came of it."""
        ...


def bounded(text: str) -> str:
    r"""The text without control characters, at most OUTPUT_LIMIT characters of its end: there is the error.

    >>> bounded("a\x1b[1mb\n")
    'a[1mb'
    """
    plain = "".join(character for character in text if character.isprintable() or character in "\n\t").strip()
    return plain if len(plain) <= OUTPUT_LIMIT else f"…{plain[1 - OUTPUT_LIMIT :]}"
