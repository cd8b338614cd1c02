"""The frozen nouns that every room shares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar
from urllib.parse import quote

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?")


class Task(StrEnum):
    """What a model predicts."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"


class Role(StrEnum):
    """What a column is to the model."""

    FEATURE = "feature"
    PREDICTION = "prediction"
    LABEL = "label"


class LogColumn(StrEnum):
    """A column of the prediction log; the others are probabilities (`probability_<class>`) and features."""

    ID = "request_id"
    TIMESTAMP = "timestamp"
    MODEL = "model"
    VERSION = "version"
    LATENCY = "latency_seconds"
    PREDICTION = "prediction"


class Kind(StrEnum):
    """The type of a column's values, as the baseline has them."""

    FLOAT = "float"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    CATEGORICAL = "categorical"


@dataclass(frozen=True, slots=True, order=True)
class ModelKey:
    """A version of a registered model."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"

    @property
    def folder(self) -> str:
        """Where a folder of many models keeps what is this version's, as two folders below it.

        Percent-quoted, with dots and an underscore in front, since readers skip names that begin with these.

        >>> ModelKey("churn/eu", "3").folder, ModelKey("..", "1").folder
        ('churn%2Feu/3', '%2E%2E/1')
        """
        quoted = (quote(name, safe="").replace(".", "%2E") for name in (self.name, self.version))
        return "/".join(f"%5F{name[1:]}" if name.startswith("_") else name for name in quoted)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time that is evaluated as one; `seconds` is None for a snapshot (the file is the window)."""

    name: str
    seconds: float | None

    @classmethod
    def of(cls, duration: str) -> Window:
        """The window of a duration such as `24h`."""
        return cls(duration, parse_duration(duration))


SNAPSHOT = Window("snapshot", None)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong that a poll or an evaluation met, reported on the page and in the log while the rest goes on."""

    where: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        advice = f"; {self.mend}" if self.mend else ""
        return f"{self.where}: {self.what}{advice}"


REJECTION_REASONS = (
    "already_counted",
    "duplicate_id",
    "encoding",
    "expired",
    "future_timestamp",
    "invalid_label",
    "invalid_prediction",
    "invalid_probabilities",
    "invalid_timestamp",
    "malformed",
    "missing_id",
    "missing_label",
    "missing_prediction",
    "missing_timestamp",
    "unknown_class",
)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Rows that were read and not counted, for one reason.

    `reason` is one of REJECTION_REASONS (it becomes a label), `example` says what the first such row was and where.
    """

    reason: str
    rows: int
    example: str

    def __post_init__(self) -> None:
        if self.reason not in REJECTION_REASONS:
            raise ValueError(f"{self.reason!r} is no reason to reject rows")


@dataclass(frozen=True, slots=True)
class Measurement:
    """A named number with its 95% confidence bounds, where it has them."""

    enough_rows: ClassVar[bool] = True

    name: str
    value: float
    lower: float | None = None
    upper: float | None = None


class SparseMeasurement(Measurement):
    """A number behind which stand so few rows that no verdict may rest on it."""

    __slots__ = ()
    enough_rows = False


def parse_duration(text: str) -> float:
    """Seconds of a duration as Prometheus writes it.

    Raises ValueError for anything else (prometheus.io/docs/prometheus/latest/configuration, `<duration>`).

    >>> parse_duration("1h30m"), parse_duration("7d"), parse_duration("250ms")
    (5400.0, 604800.0, 0.25)
    """
    match = _DURATION.fullmatch(text)
    if not match or not text:
        raise ValueError(f"{text!r} is not a duration; write it as 30s, 5m, 1h30m or 7d")
    amounts = zip(match.groups(), ("y", "w", "d", "h", "m", "s", "ms"), strict=True)
    return float(sum(int(amount) * _UNITS[unit] for amount, unit in amounts if amount))
