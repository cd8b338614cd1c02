"""What is wrong with a configuration file: every mistake with its file, line and path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from mlflow_exporter.errors import ConfigurationError

Place: TypeAlias = tuple[str | int, ...]

ITEM = "[]"  # any item of a list

_PLAIN_KEY = re.compile(r"[\w@/<>-]+")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong at one place of a file.

    >>> print(Mistake(("models", 0, "colour"), "unknown key", file="config.yml", line=4))
    config.yml:4: models[0].colour: unknown key
    """

    place: Place
    what: str
    mend: str = ""
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        position = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (position, spell(self.place), self.advice) if part)

    @property
    def advice(self) -> str:
        """What is wrong and how to mend it."""
        return f"{self.what}; {self.mend}" if self.mend else self.what


class InvalidConfiguration(ConfigurationError):
    """A configuration file has mistakes; its text has a line for each of them, and `mistakes` has them as values."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line or 0))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def spell(place: Place) -> str:
    """A place as a path.

    >>> spell(("models", 0, "drift", "columns", "net income", "floor"))
    'models[0].drift.columns["net income"].floor'
    """
    return "".join(_step(part) for part in place).removeprefix(".")


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    if part == ITEM:
        return part
    return f".{part}" if _PLAIN_KEY.fullmatch(part) else f'["{part}"]'
