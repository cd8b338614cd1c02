"""What the first page shows of each model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from mlflow_exporter.domain import Role
from mlflow_exporter.results import DriftScore, Evaluation, Results, WindowEvaluation
from mlflow_exporter.web.charts import severity
from mlflow_exporter.web.lights import ALL, WAITING, WELL, Light, lights, out_of_bounds

_FEW = 12


@dataclass(frozen=True, slots=True)
class WindowSummary:
    """A window in a line; `drifted` and `tested` count features, of which `worst` is one.

    `beside` names what else has drifted: predictions, labels, the rows as a whole. `broken` names the metrics out of
    bounds.
    """

    evaluated: WindowEvaluation
    tested: int
    drifted: int
    worst: DriftScore | None
    worst_severity: float
    broken: tuple[str, ...]
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A model in a card; `evaluation` is None before its first."""

    name: str
    lights: tuple[Light, ...]
    evaluation: Evaluation | None
    windows: tuple[WindowSummary, ...]

    @property
    def worst(self) -> WindowSummary | None:
        """The window with the feature that is furthest beyond its threshold."""
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
    """How many models are how; a model counts under each of its lights."""
    counts = Counter(light for card in shown for light in card.lights)
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
    worst = max(features, key=severity, default=None)
    drifted = sum(verdict.detected for verdict in features)
    return WindowSummary(
        window,
        len(features),
        drifted,
        worst,
        severity(worst) if worst else 0.0,
        tuple(dict.fromkeys(broken)),
        tuple(beside(window)),
    )


def beside(window: WindowEvaluation) -> Iterator[str]:
    """What has drifted beside features: predictions, labels, the rows as a whole."""
    for role in (Role.PREDICTION, Role.LABEL):
        if any(verdict.detected for verdict in window.verdicts if verdict.role is role):
            yield f"{role.value}s"
    if any(drift.detected for drift in window.dataset_drift):
        yield "rows as a whole"
