"""Lines that are no rows: counted by reason, with the first of each as the example."""

from __future__ import annotations

from collections import Counter

from mlflow_exporter.domain import Rejection

MALFORMED = "malformed"
ENCODING = "encoding"


class LineFaults:
    """Collects what is wrong with the lines of one file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._rows: Counter[str] = Counter()
        self._examples: dict[str, str] = {}

    def add(self, line: int, what: str, reason: str = MALFORMED) -> None:
        """Count a line; `what` must not quote its values, which may be personal."""
        self._rows[reason] += 1
        self._examples.setdefault(reason, f"{self._path}, line {line:,}: {what}")

    def rejections(self) -> tuple[Rejection, ...]:
        """One a reason."""
        return tuple(Rejection(reason, rows, self._examples[reason]) for reason, rows in self._rows.items())
