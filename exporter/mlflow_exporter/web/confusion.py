"""The confusion matrix as the page draws it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

_SHOWN = 12
_HEATS = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """Rows of an actual and a predicted class; `share` is of the actual class, `heat` is it in five steps."""

    rows: int
    share: float
    right: bool

    @property
    def heat(self) -> int:
        """0 for no rows, to 5 for nearly all."""
        return math.ceil(self.share * _HEATS)


@dataclass(frozen=True, slots=True)
class ActualRow:
    """How the rows of one class were predicted."""

    actual: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Confusion:
    """The classes with most rows, and how many others there are."""

    classes: tuple[str, ...]
    rows: tuple[ActualRow, ...]
    hidden: int

    @classmethod
    def of(cls, counts: Mapping[tuple[str, str], int]) -> Confusion | None:
        """The table of (actual, predicted) counts; None where there are none."""
        heaviest = _heaviest(counts)
        classes = tuple(sorted(heaviest[:_SHOWN]))
        rows = tuple(_row(actual, classes, counts) for actual in classes)
        return cls(classes, rows, len(heaviest) - len(classes)) if classes else None


def _heaviest(counts: Mapping[tuple[str, str], int]) -> list[str]:
    total: Counter[str] = Counter()
    for (actual, predicted), rows in counts.items():
        total[actual] += rows
        total[predicted] += rows
    return sorted(total, key=lambda name: (-total[name], name))


def _row(actual: str, classes: tuple[str, ...], counts: Mapping[tuple[str, str], int]) -> ActualRow:
    total = sum(rows for (of, _), rows in counts.items() if of == actual) or 1
    cells = (counts.get((actual, predicted), 0) for predicted in classes)
    shares = [Cell(rows, rows / total, predicted == actual) for rows, predicted in zip(cells, classes, strict=True)]
    return ActualRow(actual, tuple(shares))
