"""What the first page shows of each model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mlflow_exporter.domain import Role
from mlflow_exporter.results import DriftScore, Evaluation, Results, WindowEvaluation
from mlflow_exporter.web.charts import severity
from mlflow_exporter.web.lights import ALL, WAITING, WELL, Light, lights, out_of_bounds

_FEW = 12


@dataclass(frozen=True, slots=True)
class WindowSummary:
    """A window in a line; `drifted` and `tested` count feature columns, `broken` names the metrics out of bounds.

    `whole` is whether its rows have drifted as a whole.
    """

    evaluated: WindowEvaluation
    tested: int
    drifted: int
    worst: DriftScore | None
    worst_severity: float
    broken: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A model in a card; `evaluation` is None before its first."""

    name: str
    lights: tuple[Light, ...]
    evaluation: Evaluation | None
    windows: tuple[WindowSummary, ...]

    @property
    def worst(self) -> WindowSummary | None:
        """The window with the column that is furthest beyond its threshold."""
        tested = [summary for summary in self.windows if summary.worst]
        return max(tested, key=lambda summary: summary.worst_severity, default=None)


def cards(results: Results, expected: Collection[str]) -> list[Card]:
    """A card for every configured model and every one that has results, the gravest first."""
    latest = results.latest()
    made = [_card(name, latest.get(name)) for name in {*expected, *latest}]
    return sorted(made, key=lambda card: (ALL.index(card.lights[0]), card.name))


def parted(shown: Sequence[Card]) -> tuple[list[Card], list[Card]]:
    """Those to be shown as cards, and those to be shown in a line each: the calm ones, where there are many."""
    if len(shown) <= _FEW:
        return list(shown), []
    calm = [card for card in shown if card.lights[0] in (WAITING, WELL)]
    return [card for card in shown if card not in calm], calm


def tally(shown: Collection[Card]) -> dict[Light, int]:
    """How many models are how, by their gravest light."""
    counts = Counter(card.lights[0] for card in shown)
    return {light: counts[light] for light in ALL if counts[light]}


def _card(name: str, evaluation: Evaluation | None) -> Card:
    if evaluation is None:
        return Card(name, lights(None), None, ())
    bounds = evaluation.description.bounds if evaluation.description else ()
    summaries = tuple(
        _summary(window, tuple(bound.metric for bound in out_of_bounds(window, bounds)))
        for window in evaluation.windows
    )
    return Card(name, lights(evaluation), evaluation, summaries)


def _summary(window: WindowEvaluation, broken: tuple[str, ...]) -> WindowSummary:
    features = [verdict for verdict in window.verdicts if verdict.role is Role.FEATURE]
    worst = max(window.verdicts, key=severity, default=None)
    drifted = sum(verdict.detected for verdict in features)
    return WindowSummary(
        window,
        len(features),
        drifted,
        worst,
        severity(worst) if worst else 0.0,
        tuple(dict.fromkeys(broken)),
        any(drift.detected for drift in window.dataset_drift),
    )
