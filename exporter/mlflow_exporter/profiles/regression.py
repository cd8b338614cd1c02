"""What is kept of a regressor's rows once their labels are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.profiles.moments import Moments
from mlflow_exporter.profiles.outcomes import OutcomeSpec


class Quantity(IntEnum):
    """A quantity of `RegressionTally.moments`; the error is predicted minus actual."""

    ACTUAL = 0
    ERROR = 1
    ABSOLUTE_ERROR = 2
    SQUARED_ERROR = 3
    ABSOLUTE_PERCENTAGE_ERROR = 4


@dataclass(frozen=True, eq=False)
class RegressionTally:
    """Labelled rows of a regressor, summarised; see `profiles.outcomes.Tally`.

    `moments` are by `Quantity`, in the unit of the label (squared, or a ratio); `largest_error` is the largest
    absolute error, 0 for no rows.
    """

    spec: OutcomeSpec
    moments: Moments
    largest_error: float

    @classmethod
    def empty(cls, spec: OutcomeSpec) -> RegressionTally:
        """The tally of no rows."""
        return cls(spec, Moments.empty(len(Quantity)), 0.0)

    @classmethod
    def of(cls, spec: OutcomeSpec, actual: Floats, predicted: Floats) -> RegressionTally:
        """The tally of rows of actual and predicted values (n,); ValueError where one of them is not finite."""
        if not (np.isfinite(actual).all() and np.isfinite(predicted).all()):
            raise ValueError("an actual or predicted value is not finite")
        # Errors of 1e154 and more overflow when squared; the metrics that need the square are then absent.
        with np.errstate(over="ignore", invalid="ignore"):
            values = _quantities(actual, predicted)
            return cls(spec, Moments.of(values), float(values[Quantity.ABSOLUTE_ERROR].max(initial=0.0)))

    def merge(self, other: RegressionTally) -> RegressionTally:
        """The tally of the rows of both; raises IncompatibleProfiles for another specification."""
        self.spec.require_same(other.spec)
        with np.errstate(over="ignore", invalid="ignore"):
            moments = self.moments.merge(other.moments)
        return RegressionTally(self.spec, moments, max(self.largest_error, other.largest_error))

    @property
    def rows(self) -> int:
        """How many rows."""
        return self.moments.rows

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that the tally holds, by name."""
        return {"largest_error": np.array([self.largest_error]), **self.moments.arrays()}

    @classmethod
    def from_arrays(cls, spec: OutcomeSpec, arrays: Mapping[str, NDArray[Any]]) -> RegressionTally:
        """The tally whose `arrays` these are."""
        return cls(spec, Moments.from_arrays(arrays), float(arrays["largest_error"][0]))


def _quantities(actual: Floats, predicted: Floats) -> Floats:
    """(5, n) by `Quantity`; percentage errors are over max(|actual|, epsilon), as scikit-learn has them."""
    error = predicted - actual
    absolute = np.abs(error)
    percentage = absolute / np.maximum(np.abs(actual), np.finfo(np.float64).eps)
    return np.stack((actual, error, absolute, error * error, percentage)).astype(np.float64)
