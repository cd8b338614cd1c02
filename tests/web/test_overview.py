"""What the first page shows of each model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mlflow_exporter.domain import Role
from mlflow_exporter.results import DriftScore, Evaluation, Results
from mlflow_exporter.web.lights import DRIFTED, FAILING, OUT_OF_BOUNDS, WAITING, WELL
from mlflow_exporter.web.overview import cards, parted, tally


def test_the_gravest_come_first(exporter: Any, odd_name: str) -> None:
    """Failing before out of bounds before drifted before waiting before well, then by name; all of it is counted."""
    shown = cards(exporter.results, exporter.expected_models())
    names = [card.name for card in shown]
    assert names == ["fraud", "churn", odd_name, "recommendations", "credit-limit", "delivery-time"]
    assert tally(shown) == {FAILING: 1, OUT_OF_BOUNDS: 1, DRIFTED: 2, WAITING: 1, WELL: 2}


def test_of_many_models_the_calm_ones_take_a_line_each(exporter: Any) -> None:
    """A dozen models are cards; of more, those that nothing is wrong with are listed below the others."""
    shown = cards(exporter.results, exporter.expected_models())
    assert parted(shown) == (shown, [])
    many = cards(exporter.results, [*exporter.expected_models(), *(f"waiting-{i}" for i in range(10))])
    prominent, calm = parted(many)
    assert {card.lights[0] for card in prominent} == {FAILING, OUT_OF_BOUNDS, DRIFTED}
    assert {card.lights[0] for card in calm} == {WAITING, WELL}
    assert [*prominent, *calm] == many


def test_the_worst_window_of_a_model(exporter: Any) -> None:
    """Its column is furthest beyond its threshold; a model without a tested column has none."""
    by_name = {card.name: card for card in cards(exporter.results, exporter.expected_models())}
    worst = by_name["churn"].worst
    assert worst is not None
    assert worst.evaluated.window.name == "1h"
    assert by_name["fraud"].worst is None


def test_a_window_in_a_line(exporter: Any) -> None:
    """Features are counted, the worst is one of them, and what else has drifted or is out of bounds is named."""
    churn = next(card for card in cards(exporter.results, ()) if card.name == "churn")
    hour, day, week = churn.windows
    assert (hour.drifted, hour.tested) == (4, 9)
    assert hour.worst is not None
    assert (hour.worst.column, round(hour.worst_severity, 2)) == ("tenure_months", 4.4)
    assert hour.broken == ("accuracy",)
    assert (day.broken, week.drifted) == ((), 0)
    assert (hour.beside, week.beside) == (("predictions", "rows as a whole"), ())


def test_labels_are_no_features(churn: Evaluation) -> None:
    """A label or prediction that is furthest beyond its threshold is named apart, and not the worst of the features."""
    label = DriftScore("label", Role.LABEL, "psi", 9.0, 0.1, None, True)
    results = Results()
    results.publish(replace(churn, windows=(replace(churn.windows[2], drift=(label,)),)))
    ((window,),) = (card.windows for card in cards(results, ()))
    assert (window.worst, window.tested, window.drifted, window.beside) == (None, 0, 0, ("labels",))
