"""What is wrong, said once: when it begins, and when it is over."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_NUMBER = re.compile(r"\d[\d,.]*")


@dataclass(frozen=True, slots=True)
class Change:
    """What began to be wrong, and what is not wrong any more."""

    begun: tuple[str, ...]
    over: tuple[str, ...]


class Complaints:
    """Tells what is new in a list that is mostly the same each time, as a log should.

    The same complaint with other numbers (so many of so many rows) is no new one.

    >>> told = Complaints()
    >>> told.update(["a.csv: 3 rows are malformed", "b.csv: is gone"]).begun
    ('a.csv: 3 rows are malformed', 'b.csv: is gone')
    >>> told.update(["a.csv: 4 rows are malformed"])
    Change(begun=(), over=('b.csv: is gone',))
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def update(self, found: Collection[str]) -> Change:
        """What has changed since the last time."""
        before, now = self._known, {_NUMBER.sub("#", text): text for text in found}
        self._known = now
        begun = tuple(text for kind, text in now.items() if kind not in before)
        return Change(begun, tuple(text for kind, text in before.items() if kind not in now))
