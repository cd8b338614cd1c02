"""The rows of the prediction log: what stands in each, what is left out of it, and which of them are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final, Protocol, TypeAlias

from mlflow_exporter.instrument.inputs import Inputs, Row
from mlflow_exporter.instrument.outputs import Outputs

COLUMNS: Final = ("request_id", "timestamp", "model", "version", "latency_seconds", "prediction")
PROBABILITY: Final = "probability_"
FEATURE: Final = "feature_"

Record: TypeAlias = dict[str, Any]


class Rows(Protocol):
    """Rows on their way to the log; `dropped` is told how many did not get there."""

    @property
    def model(self) -> str:
        """The registered model's name."""
        ...

    @property
    def version(self) -> str:
        """Its version."""
        ...

    @property
    def rows(self) -> int:
        """How many."""
        ...

    @property
    def dropped(self) -> Callable[[int], None]:
        """Is called with the number of rows that were lost."""
        ...

    def records(self) -> Iterator[Record]:
        """Each row as it is logged; raises ValueError where the parts of the rows are not as many."""
        ...


@dataclass(frozen=True, slots=True)
class Given:
    """Rows that are records already."""

    model: str
    version: str
    given: Sequence[Mapping[str, Any]]
    dropped: Callable[[int], None]

    @property
    def rows(self) -> int:
        return len(self.given)

    def records(self) -> Iterator[Record]:
        return (dict(record) for record in self.given)


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one call.

    `ids` are the rows' identifiers, by default made of the request's. `timestamp` is in Unix seconds.
    """

    model: str
    version: str
    request_id: str
    ids: Sequence[str] | None
    timestamp: float
    latency_seconds: float
    inputs: Inputs | None
    outputs: Outputs
    dropped: Callable[[int], None]

    @property
    def rows(self) -> int:
        return self.outputs.rows

    def records(self) -> Iterator[Record]:
        inputs = repeat({}, self.rows) if self.inputs is None else self.inputs.records()
        answers = self.outputs.predictions or repeat(None, self.rows)
        rows = zip(self._identifiers(), answers, self._probabilities(), inputs, strict=True)
        for identifier, answer, probabilities, features in rows:
            record = {
                "request_id": identifier,
                "timestamp": self.timestamp,
                "model": self.model,
                "version": self.version,
                "latency_seconds": self.latency_seconds,
                "prediction": answer,
                **probabilities,
            }
            if record.keys().isdisjoint(features):
                record.update(features)
            else:
                record.update({_apart(name, record): value for name, value in features.items()})
            yield record

    def _identifiers(self) -> Iterable[str]:
        if self.ids is not None:
            return self.ids
        return [self.request_id] if self.rows == 1 else [f"{self.request_id}-{i}" for i in range(self.rows)]

    def _probabilities(self) -> Iterable[Row]:
        if self.outputs.probabilities is None:
            return repeat({}, self.rows)
        names = [PROBABILITY + name for name in self.outputs.names]
        return (dict(zip(names, row, strict=True)) for row in self.outputs.probabilities)


def _apart(name: str, record: Mapping[str, Any]) -> str:
    """The name of a feature; one that has the name of a column of the log gets another."""
    return FEATURE + name if name in record else name
