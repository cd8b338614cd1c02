"""How far the rows as wholes are from the baseline: what columns do together, which no test of one column sees."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow_exporter.collectors.family import Collector, Family, Importance, Sample
from mlflow_exporter.collectors.labels import WINDOW, by_window
from mlflow_exporter.results import Evaluation

_TEST = (*WINDOW, "test")

SCORE = Family(
    "ml_dataset_drift_score",
    "Distance of the rows from the baseline's; larger is further for every test (`drift.dataset`).",
    _TEST,
    importance=Importance.VERDICT,
)
THRESHOLD = Family(
    "ml_dataset_drift_threshold",
    "What the score is compared with: the larger of the effect floor and the critical value at this sample size.",
    _TEST,
    importance=Importance.VERDICT,
)
OUTLIERS = Family(
    "ml_outlier_ratio",
    "Share of the rows outside the region that holds 99% of the baseline's (`drift.dataset`).",
    WINDOW,
    importance=Importance.VERDICT,
)


def collect(evaluation: Evaluation) -> Iterator[Sample]:
    """Samples of one model's evaluation."""
    for labels, window in by_window(evaluation):
        for drift in window.dataset_drift:
            yield SCORE.sample((*labels, drift.test), drift.score)
            yield THRESHOLD.sample((*labels, drift.test), drift.threshold)
        yield OUTLIERS.sample(labels, window.outlier_ratio)


COLLECTOR = Collector("dataset", Evaluation, (SCORE, THRESHOLD, OUTLIERS), collect)
