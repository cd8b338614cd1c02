"""How sure a classifier was of its answers, labelled or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.outcomes import OutcomeSpec

THRESHOLDS = 1_000
# i / 1000 is the very float that a literal such as 0.605 denotes; a product with 0.001 would not be.
_EDGES = np.arange(THRESHOLDS + 1) / THRESHOLDS


@dataclass(frozen=True, eq=False)
class ConfidenceTally:
    """Predictions by confidence, the highest probability of a row; see `profiles.outcomes.Tally`.

    `counts` (1001,): cell i holds i/1000 <= confidence < (i+1)/1000, the last one exactly 1. `total` is the sum of
    the confidences.
    """

    spec: OutcomeSpec
    counts: Ints
    total: float

    @classmethod
    def empty(cls, spec: OutcomeSpec) -> ConfidenceTally:
        """The tally of no rows."""
        return cls(spec, np.zeros(THRESHOLDS + 1, np.int64), 0.0)

    @classmethod
    def of(cls, spec: OutcomeSpec, probabilities: Floats) -> ConfidenceTally:
        """The tally of probabilities (n, K), a column for each of `spec.score_columns`; rows with NaN are left out."""
        highest = probabilities.max(axis=1)
        highest = highest[~np.isnan(highest)]
        low = highest[highest < 0.5] if spec.positive is not None else highest[:0]
        high = highest[highest >= 0.5] if spec.positive is not None else highest
        total = float(high.sum() + (1 - low).sum())
        return cls(spec, -np.diff(_at_least(np.sort(high), np.sort(low)), append=0), total)

    def merge(self, other: ConfidenceTally) -> ConfidenceTally:
        """The tally of the rows of both; raises IncompatibleProfiles for another specification."""
        self.spec.require_same(other.spec)
        return ConfidenceTally(self.spec, self.counts + other.counts, self.total + other.total)

    @property
    def rows(self) -> int:
        """How many predictions have a confidence."""
        return int(self.counts.sum())

    def mean(self) -> float | None:
        """The mean confidence; None for no rows."""
        return self.total / self.rows if self.rows else None

    def ratio_below(self, threshold: float) -> float | None:
        """The share of rows whose confidence is below the threshold, exactly; None for no rows.

        Raises ValueError for a threshold that is not a multiple of 0.001 from 0 to 1.
        """
        cell = round(threshold * THRESHOLDS)
        if not 0 <= cell <= THRESHOLDS or cell / THRESHOLDS != threshold:
            raise ValueError(f"{threshold} is not a multiple of 0.001 from 0 to 1")
        return int(self.counts[:cell].sum()) / self.rows if self.rows else None

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that the tally holds, by name."""
        return {"counts": self.counts, "total": np.array([self.total])}

    @classmethod
    def from_arrays(cls, spec: OutcomeSpec, arrays: Mapping[str, NDArray[Any]]) -> ConfidenceTally:
        """The tally whose `arrays` these are."""
        return cls(spec, arrays["counts"], float(arrays["total"][0]))


def _at_least(high: Floats, low: Floats) -> Ints:
    """(1001,) how many confidences reach each edge; those of `low` are 1 minus it. Both ascend."""
    # The mirrored edges are compared with the score itself: 1 - 0.34 is not the float 0.66.
    from_low = np.searchsorted(low, _EDGES[::-1], side="right")
    return len(high) - np.searchsorted(high, _EDGES) + from_low
