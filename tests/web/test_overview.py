"""What the first page shows of each model."""

from __future__ import annotations

from typing import Any

from mlflow_exporter.web.lights import DRIFTED, FAILING, OUT_OF_BOUNDS, WAITING, WELL
from mlflow_exporter.web.overview import cards, tally


def test_the_gravest_come_first(exporter: Any, odd_name: str) -> None:
    """Failing before out of bounds before drifted before waiting before well, then by name."""
    shown = cards(exporter.results, exporter.expected_models())
    names = [card.name for card in shown]
    assert names == ["fraud", "churn", odd_name, "recommendations", "credit-limit", "delivery-time"]
    assert tally(shown) == {FAILING: 1, OUT_OF_BOUNDS: 1, DRIFTED: 1, WAITING: 1, WELL: 2}


def test_a_window_in_a_line(exporter: Any) -> None:
    """Features are counted, every role can be the worst, and broken bounds are named."""
    churn = next(card for card in cards(exporter.results, ()) if card.name == "churn")
    hour, day, week = churn.windows
    assert (hour.drifted, hour.tested) == (4, 9)
    assert hour.worst is not None
    assert (hour.worst.column, round(hour.worst_severity, 2)) == ("tenure_months", 4.4)
    assert hour.broken == ("accuracy", "roc_auc")
    assert (day.broken, week.drifted) == ((), 0)
