"""Which version answers a request: A/B by a stable hash of a key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.serving.model_uri import ModelUri

_PARTS = 10_000
_HASHED_BYTES = 8
_EXAMPLE = "write it as models:/churn@challenger=10, with the percentage of the keys at its end"


@dataclass(frozen=True, slots=True)
class Split:
    """The percentage of the keys that another model answers.

    >>> split = Split.parse("models:/churn@challenger=10")
    >>> sum(split.has(f"customer {i}") for i in range(1000))
    97
    """

    uri: ModelUri
    percent: float

    @classmethod
    def parse(cls, text: str) -> Split:
        """Raises ConfigurationError where it is none."""
        uri, equals, share = text.rpartition("=")
        try:
            percent = float(share)
        except ValueError:
            percent = -1.0
        if not equals or not 0 < percent < 100:
            raise ConfigurationError(f"{text!r} is no split", where="--split", mend=_EXAMPLE)
        return cls(ModelUri.parse(uri), percent)

    def has(self, key: str) -> bool:
        """Whether it answers this key: the same everywhere and always, as long as the percentage is.

        Where the percentage is raised, it keeps the keys that it has.
        """
        digest = hashlib.blake2b(key.encode(), digest_size=_HASHED_BYTES).digest()
        return int.from_bytes(digest, "big") % _PARTS < self.percent * _PARTS / 100


def key_of(rows: Any, column: str) -> str | None:
    """The value that all rows have in a column; None where there is no such column.

    Raises ValueError where they have several: a request goes to one version as a whole.
    """
    has_columns = isinstance(rows, Mapping) or hasattr(rows, "columns")
    if not has_columns or column not in rows:
        return None
    values = getattr(rows[column], "tolist", lambda: rows[column])()
    distinct = {str(value) for value in (values if isinstance(values, list) else [values])}
    if len(distinct) > 1:
        raise ValueError(f"its rows have {len(distinct)} different keys in column {column!r}")
    return next(iter(distinct), None)
