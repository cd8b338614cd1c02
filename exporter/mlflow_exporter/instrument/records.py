"""The rows of the prediction log: what stands in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mlflow_exporter.instrument.blocks import Block, block_of
from mlflow_exporter.instrument.inputs import Inputs, Records
from mlflow_exporter.instrument.outputs import Outputs

COLUMNS: Final = ("request_id", "timestamp", "model", "version", "latency_seconds", "prediction")
PROBABILITY: Final = "probability_"
FEATURE: Final = "feature_"


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

    def block(self) -> Block:
        """The rows as they are logged; raises ValueError where their parts are not as many."""
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

    def block(self) -> Block:
        return block_of(self.rows, {}, dict(Records(self.given).columns()))


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

    def block(self) -> Block:
        same = {
            "timestamp": self.timestamp,
            "model": self.model,
            "version": self.version,
            "latency_seconds": self.latency_seconds,
        }
        own = {
            "request_id": self._identifiers(),
            "prediction": [None] * self.rows if self.outputs.predictions is None else self.outputs.predictions,
            **dict(self._probabilities()),
        }
        taken = same.keys() | own.keys()
        inputs = () if self.inputs is None else self.inputs.columns()
        features = {FEATURE + name if name in taken else name: values for name, values in inputs}
        if self.inputs is not None and self.inputs.rows != self.rows:
            raise ValueError(f"{self.inputs.rows} rows went in, and {self.rows} came out")
        return block_of(self.rows, same, {**own, **features})

    def _identifiers(self) -> Sequence[str]:
        if self.ids is not None:
            return self.ids
        return [self.request_id] if self.rows == 1 else [f"{self.request_id}-{i}" for i in range(self.rows)]

    def _probabilities(self) -> Iterator[tuple[str, Sequence[float]]]:
        if self.outputs.probabilities is not None:
            names = (PROBABILITY + name for name in self.outputs.names)
            yield from zip(names, zip(*self.outputs.probabilities, strict=True), strict=True)
