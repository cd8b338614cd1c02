"""What is kept of a classifier's rows once their labels are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.moments import Moments
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.profiles.scores import ScoreHistogram

CALIBRATION_BINS = 10


class Loss(IntEnum):
    """A quantity of `ClassificationTally.losses`."""

    LOG_LOSS = 0
    BRIER_SCORE = 1


class Calibration(IntEnum):
    """A row of `ClassificationTally.calibration`."""

    ROWS = 0
    CORRECT = 1
    CONFIDENCE = 2


@dataclass(frozen=True, eq=False)
class ClassificationTally:
    """Labelled rows of a classifier of C classes, summarised; see `profiles.outcomes.Tally`.

    `confusion` (C, C) counts rows by actual and predicted class, all of them. The rest is of the rows that have
    probabilities, `losses.rows` of them: `scores` by cell and label for each score column; `losses` by `Loss`;
    `calibration` (3, CALIBRATION_BINS) by `Calibration`, where bin i holds the rows whose confidence is in
    (i/10, (i+1)/10] and CONFIDENCE is their sum: of two classes the confidence is the positive class's probability
    and the positive is correct, of more it is the highest probability and its class is correct (Guo et al., 2017).
    """

    spec: OutcomeSpec
    confusion: Ints
    scores: ScoreHistogram
    losses: Moments
    calibration: Floats

    @classmethod
    def empty(cls, spec: OutcomeSpec) -> ClassificationTally:
        """The tally of no rows."""
        confusion = np.zeros((len(spec.classes),) * 2, np.int64)
        scores = ScoreHistogram.empty(int(spec.starts[-1]))
        calibration = np.zeros((len(Calibration), CALIBRATION_BINS))
        return cls(spec, confusion, scores, Moments.empty(len(Loss)), calibration)

    @classmethod
    def of(
        cls, spec: OutcomeSpec, actual: Ints, predicted: Ints, probabilities: Floats | None = None
    ) -> ClassificationTally:
        """The tally of rows whose actual and predicted classes are codes (n,).

        `probabilities` (n, K) has a column for each of `spec.score_columns`: the positive class alone for two
        classes, every class for more; a row with NaN has none. Raises ValueError for a code outside the classes,
        probabilities of another shape, or outside 0 to 1.
        """
        confusion = _confusion(len(spec.classes), actual, predicted)
        if probabilities is None:
            probabilities = np.full((len(actual), len(spec.edges)), np.nan)
        _check_probabilities(spec, actual, probabilities)
        scored = ~np.isnan(probabilities).any(axis=1)
        if not scored.all():
            actual, probabilities = actual[scored], probabilities[scored]
        scores = ScoreHistogram.of(spec.edges, probabilities, actual, spec.score_codes)
        losses = Moments.of(_losses(spec, actual, probabilities))
        return cls(spec, confusion, scores, losses, _calibration(spec, actual, probabilities))

    def merge(self, other: ClassificationTally) -> ClassificationTally:
        """The tally of the rows of both; raises IncompatibleProfiles for another specification."""
        self.spec.require_same(other.spec)
        return ClassificationTally(
            self.spec,
            self.confusion + other.confusion,
            self.scores.merge(other.scores),
            self.losses.merge(other.losses),
            self.calibration + other.calibration,
        )

    @property
    def rows(self) -> int:
        """How many rows, with probabilities or without."""
        return int(self.confusion.sum())

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that the tally holds, by name."""
        own = {"confusion": self.confusion, "calibration": self.calibration}
        return {**own, **self.scores.arrays(), **self.losses.arrays()}

    @classmethod
    def from_arrays(cls, spec: OutcomeSpec, arrays: Mapping[str, NDArray[Any]]) -> ClassificationTally:
        """The tally whose `arrays` these are."""
        scores = ScoreHistogram(arrays["score_counts"], arrays["score_minima"], arrays["score_maxima"])
        return cls(spec, arrays["confusion"], scores, Moments.from_arrays(arrays), arrays["calibration"])


def _confusion(classes: int, actual: Ints, predicted: Ints) -> Ints:
    cells = np.ravel_multi_index((actual, predicted), (classes, classes))
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes).astype(np.int64)


def _check_probabilities(spec: OutcomeSpec, actual: Ints, probabilities: Floats) -> None:
    expected = (len(actual), len(spec.edges))
    if probabilities.shape != expected:
        raise ValueError(f"probabilities have shape {probabilities.shape}, and {expected} is expected")
    if ((probabilities < 0) | (probabilities > 1)).any():
        raise ValueError("a probability is outside 0 to 1")


def _losses(spec: OutcomeSpec, actual: Ints, probabilities: Floats) -> Floats:
    """(2, n) by `Loss`, as scikit-learn 1.9 defines them for float64.

    log_loss clips at machine epsilon; brier_score is halved for two classes (range 0 to 1) but not for more (0 to 2).
    """
    if spec.positive is None:
        of_actual = np.take_along_axis(probabilities, actual[:, None], axis=1)[:, 0]
        squared = np.square(probabilities).sum(axis=1) - of_actual**2 + (1 - of_actual) ** 2
    else:
        of_actual = np.where(actual == spec.positive_code, probabilities[:, 0], 1 - probabilities[:, 0])
        squared = (1 - of_actual) ** 2
    epsilon = np.finfo(np.float64).eps
    return np.stack((-np.log(np.clip(of_actual, epsilon, 1 - epsilon)), squared))


def _calibration(spec: OutcomeSpec, actual: Ints, probabilities: Floats) -> Floats:
    if spec.positive is None:
        confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == actual
    else:
        confidence, correct = probabilities[:, 0], actual == spec.positive_code
    # The inner edges of scikit-learn's calibration_curve, closed on the right as there.
    bins = np.searchsorted(np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1], confidence)
    weights = (None, correct.astype(np.float64), confidence)
    return np.stack([np.bincount(bins, weight, CALIBRATION_BINS).astype(np.float64) for weight in weights])
