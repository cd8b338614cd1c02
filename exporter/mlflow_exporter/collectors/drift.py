"""How far each column is from the baseline, and what its distance is compared with."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow_exporter.collectors.family import Collector, Family, Importance, Sample
from mlflow_exporter.collectors.labels import COLUMN, WINDOW, by_window
from mlflow_exporter.results import DriftScore, Evaluation

_TEST = (*COLUMN, "role", "test")

SCORE = Family(
    "ml_drift_score",
    "Distance from the baseline; larger is further for every test.",
    _TEST,
    importance=Importance.EVIDENCE,
)
THRESHOLD = Family(
    "ml_drift_threshold",
    "What the score is compared with: the larger of the effect floor and the critical value at this sample size.",
    _TEST,
    importance=Importance.EVIDENCE,
)
P_VALUE = Family(
    "ml_drift_p_value",
    "Probability of a score at least this large without drift, where the test has one.",
    _TEST,
    importance=Importance.DETAIL,
)
DETECTED = Family(
    "ml_drift_detected",
    "1 where the score of the column's deciding test is above its threshold, else 0.",
    (*COLUMN, "role"),
    importance=Importance.VERDICT,
)
DRIFTED_COLUMNS = Family(
    "ml_drifted_columns_ratio",
    "Share of the feature columns with drift.",
    WINDOW,
    importance=Importance.VERDICT,
)


def collect(evaluation: Evaluation) -> Iterator[Sample]:
    """Samples of one model's evaluation."""
    for labels, window in by_window(evaluation):
        yield DRIFTED_COLUMNS.sample(labels, window.drifted_columns_ratio)
        for verdict in window.verdicts:
            yield DETECTED.sample((*labels, verdict.column, verdict.role), verdict.detected)
        for score in window.drift:
            yield from _test(labels, score)


def _test(labels: tuple[str, ...], score: DriftScore) -> Iterator[Sample]:
    test = (*labels, score.column, score.role, score.test)
    yield SCORE.sample(test, score.score)
    yield THRESHOLD.sample(test, score.threshold)
    yield P_VALUE.sample(test, score.p_value)


COLLECTOR = Collector("drift", Evaluation, (SCORE, THRESHOLD, P_VALUE, DETECTED, DRIFTED_COLUMNS), collect)
