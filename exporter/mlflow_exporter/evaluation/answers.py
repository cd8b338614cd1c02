"""What must be known of a prediction when its label comes, and how it waits in the state until then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.engines.plan import Plan
from mlflow_exporter.engines.rows import Rows
from mlflow_exporter.profiles.layout import Floats, Ints

_NUMBER_BYTES = 8
_UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class Answers:
    """Predictions: `predicted` (n,), `probabilities` (n, K) NaN where there are none, codes (n,) by segment column.

    A code is -1 where it is not known: rows were not segmented by that column when the prediction was read.
    """

    predicted: Floats
    probabilities: Floats
    segments: Mapping[str, Ints]

    @classmethod
    def of(cls, rows: Rows, plan: Plan) -> Answers:
        """The answers of rows as read."""
        predicted, scores = rows.predicted.astype(np.float64), len(plan.outcome.score_columns)
        probabilities = np.full((len(predicted), scores), np.nan) if rows.probabilities is None else rows.probabilities
        return cls(predicted, probabilities, rows.segments)

    def take(self, rows: NDArray[np.int64]) -> Answers:
        """Those of some rows."""
        segments = {name: codes[rows] for name, codes in self.segments.items()}
        return Answers(self.predicted[rows], self.probabilities[rows], segments)

    def pack(self) -> list[bytes]:
        """Each answer as it waits: its numbers, then a hash of the name and the code of every segment column.

        The configuration may name other segments, or in another order, by the time the label comes.
        """
        numbers = np.column_stack([self.predicted, self.probabilities]).view(np.int64)
        columns = [numbers]
        for name, codes in self.segments.items():
            columns += [np.full((len(codes), 1), _key(name)), codes.astype(np.int64)[:, np.newaxis]]
        table = np.hstack(columns)
        packed, width = table.tobytes(), table.shape[1] * _NUMBER_BYTES
        return [packed[i * width : (i + 1) * width] for i in range(len(table))]

    @classmethod
    def unpack(cls, packed: Sequence[bytes], plan: Plan) -> Answers:
        """Answers that have waited; they are in the bins of this plan, but maybe not in its segments."""
        width = 1 + len(plan.outcome.score_columns)
        size = width * _NUMBER_BYTES
        numbers = np.frombuffer(b"".join(answer[:size] for answer in packed)).reshape(-1, width)
        named = {_key(name): np.full(len(packed), _UNKNOWN) for name in plan.segments}
        for rows, key, codes in _tails([answer[size:] for answer in packed]):
            for name, known in named.items():
                known[rows[key == name]] = codes[key == name]
        return cls(numbers[:, 0], numbers[:, 1:], dict(zip(plan.segments, named.values(), strict=True)))


def _key(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=_NUMBER_BYTES).digest(), "little", signed=True)


def _tails(tails: Sequence[bytes]) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Rows, hashes of names and codes, one segment column after the other, of rows with equally many at a time."""
    sizes = np.array([len(tail) for tail in tails], np.int64)
    for size in np.unique(sizes).tolist():
        rows = np.flatnonzero(sizes == size)
        table = np.frombuffer(b"".join(tails[i] for i in rows.tolist()), np.int64).reshape(len(rows), -1)
        for i in range(0, table.shape[1] - 1, 2):
            yield rows, table[:, i], table[:, i + 1]
