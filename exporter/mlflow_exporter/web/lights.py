"""How a model is, at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow_exporter.domain import Measurement, SparseMeasurement
from mlflow_exporter.results import Bound, DatasetDrift, DriftScore, Evaluation, WindowEvaluation

ENOUGH_ROWS = 100
"""From as many rows a statistic of the predictions is judged by its value: as many as the alert rules ask for."""


@dataclass(frozen=True, slots=True)
class Light:
    """A verdict in a word, with the sign that says it without colour."""

    name: str
    words: str
    sign: str


FAILING = Light("failing", "Failing", "✕")
OUT_OF_BOUNDS = Light("bounds", "Out of bounds", "▼")
DRIFTED = Light("drifted", "Drifted", "◆")
WAITING = Light("waiting", "Waiting", "…")
WELL = Light("well", "OK", "✓")
ALL = (FAILING, OUT_OF_BOUNDS, DRIFTED, WAITING, WELL)


def lights(evaluation: Evaluation | None) -> tuple[Light, ...]:
    """Everything that is to be said of a model, the gravest first; never empty."""
    if evaluation is None:
        return (WAITING,)
    bounds = evaluation.description.bounds if evaluation.description else ()
    said = {
        FAILING: not evaluation.success,
        OUT_OF_BOUNDS: any(out_of_bounds(window, bounds) for window in evaluation.windows),
        DRIFTED: any(drift.detected for window in evaluation.windows for drift in _verdicts(window)),
    }
    return tuple(light for light, lit in said.items() if lit) or (_calm(evaluation),)


def _verdicts(window: WindowEvaluation) -> tuple[DriftScore | DatasetDrift, ...]:
    return (*window.verdicts, *window.dataset_drift)


def _calm(evaluation: Evaluation) -> Light:
    return WELL if any(window.rows for window in evaluation.windows) else WAITING


def out_of_bounds(window: WindowEvaluation, bounds: tuple[Bound, ...]) -> tuple[Bound, ...]:
    """The bounds that the window's performance or its predictions break."""
    found = {measured.name: measured for measured in (*answers(window), *window.performance)}
    return tuple(bound for bound in bounds if bound.metric in found and bound.broken_by(found[bound.metric]))


def answers(window: WindowEvaluation) -> tuple[Measurement, ...]:
    """The prediction statistics that may have a bound, by the name it has in a bound; absent ones left out.

    They have no interval; of fewer rows than ENOUGH_ROWS they are within noise.
    """
    predictions = window.predictions
    named = {
        "confidence_mean": predictions.confidence_mean,
        "low_confidence_ratio": predictions.low_confidence_ratio,
        "dominant_class_ratio": predictions.dominant_class_ratio,
    }
    kind = Measurement if window.rows >= ENOUGH_ROWS else SparseMeasurement
    return tuple(kind(name, value) for name, value in named.items() if value is not None)
