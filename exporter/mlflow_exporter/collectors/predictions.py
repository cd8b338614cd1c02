"""What the model answered: location, spread, confidence, classes, latency."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow_exporter.collectors.family import Collector, Family, Importance, Sample
from mlflow_exporter.collectors.labels import WINDOW, by_window, quantile
from mlflow_exporter.results import Evaluation, PredictionStatistics

MEAN = Family("ml_prediction_mean", "Mean prediction (regression) or positive score.", WINDOW)
STDDEV = Family(
    "ml_prediction_stddev", "Standard deviation (over n, not n - 1) of the predictions or positive scores.", WINDOW
)
CONFIDENCE = Family(
    "ml_confidence_mean",
    "Mean of each prediction's highest class probability.",
    WINDOW,
    importance=Importance.VERDICT,
)
LOW_CONFIDENCE = Family(
    "ml_low_confidence_ratio",
    "Share of the predictions whose highest class probability is below the configured one.",
    WINDOW,
    importance=Importance.VERDICT,
)
DOMINANT_CLASS = Family(
    "ml_dominant_class_ratio",
    "Share of the class predicted most often.",
    WINDOW,
    importance=Importance.VERDICT,
)
CLASS = Family(
    "ml_predicted_class_ratio",
    "Share of the predictions by class.",
    (*WINDOW, "class"),
    importance=Importance.DETAIL,
)
LATENCY = Family(
    "ml_window_latency_seconds",
    "Quantiles of the latency that the prediction log gives.",
    (*WINDOW, "quantile"),
    "unknown",
)


def collect(evaluation: Evaluation) -> Iterator[Sample]:
    """Samples of one model's evaluation."""
    for labels, window in by_window(evaluation):
        yield from _answers(labels, window.predictions)


def _answers(labels: tuple[str, ...], predictions: PredictionStatistics) -> Iterator[Sample]:
    yield MEAN.sample(labels, predictions.mean)
    yield STDDEV.sample(labels, predictions.stddev)
    yield CONFIDENCE.sample(labels, predictions.confidence_mean)
    yield LOW_CONFIDENCE.sample(labels, predictions.low_confidence_ratio)
    yield DOMINANT_CLASS.sample(labels, predictions.dominant_class_ratio)
    for name, ratio in predictions.class_ratios.items():
        yield CLASS.sample((*labels, name), ratio)
    for rank, seconds in predictions.latency_quantiles.items():
        yield LATENCY.sample((*labels, quantile(rank)), seconds)


COLLECTOR = Collector(
    "predictions",
    Evaluation,
    (MEAN, STDDEV, CONFIDENCE, LOW_CONFIDENCE, DOMINANT_CLASS, CLASS, LATENCY),
    collect,
)
