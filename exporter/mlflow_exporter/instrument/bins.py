"""The baseline's bins as a small file of JSON, for servers that count their inputs in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mlflow_exporter.errors import BaselineError

FORMAT: Final = 1
MISSING: Final = "missing"
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class ColumnBins:
    """The bins of a feature.

    A numeric one has `edges` (K, ascending) and K + 1 bins between them: bin i holds edges[i-1] <= value < edges[i]. A
    categorical one has `categories`, a bin each, and no edges. `names` are those bins' names, then `missing`, then
    `other` (another category, an infinite number, no number); `shares` (as many) are the baseline's, and add up to 1.
    """

    column: str
    names: tuple[str, ...]
    shares: tuple[float, ...]
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        inner = len(self.edges) + 1 if self.categories is None else len(self.categories)
        if len(self.names) != inner + 2 or len(self.shares) != len(self.names) or len(set(self.names)) != inner + 2:
            raise ValueError(f"the bins of {self.column!r} do not fit their names")
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError(f"the edges of {self.column!r} do not ascend")


@dataclass(frozen=True, slots=True)
class FeatureBins:
    """The bins of a baseline's features, which `mlflow-exporter baseline --bins FILE` writes."""

    columns: tuple[ColumnBins, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The features, in the order of the model's inputs."""
        return tuple(column.column for column in self.columns)

    @classmethod
    def load(cls, path: str | Path) -> FeatureBins:
        """The bins in a file.

        Raises BaselineError where there is none, or it holds something else.
        """
        try:
            return cls.parse(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            mend = "write it with `mlflow-exporter baseline … --bins FILE`"
            raise BaselineError(f"cannot be read ({error.strerror})", where=str(path), mend=mend) from error
        except (ValueError, KeyError, TypeError) as error:
            mend = "write it anew with `mlflow-exporter baseline … --bins FILE`"
            raise BaselineError(f"is no file of bins ({error})", where=str(path), mend=mend) from error

    @classmethod
    def parse(cls, text: str) -> FeatureBins:
        """The bins that `text` was made of; raises ValueError, KeyError or TypeError for another text."""
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ValueError(f"it has format {data['format']}, not {FORMAT}")
        return cls(tuple(map(_column, data["columns"])))

    def text(self) -> str:
        """What the file holds."""
        columns = [
            {"column": c.column, "names": c.names, "shares": c.shares}
            | ({"edges": c.edges} if c.categories is None else {"categories": c.categories})
            for c in self.columns
        ]
        return json.dumps({"format": FORMAT, "columns": columns}, indent=1) + "\n"


def _column(data: Mapping[str, Any]) -> ColumnBins:
    categories: Sequence[str] | None = data.get("categories")
    return ColumnBins(
        data["column"],
        tuple(data["names"]),
        tuple(map(float, data["shares"])),
        tuple(data.get("edges", ())),
        None if categories is None else tuple(categories),
    )
