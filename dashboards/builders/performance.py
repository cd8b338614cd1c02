"""How good a version's answers are, and what they are like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dashboards.builders.accents import with_band, with_limit, with_main, with_reference, with_stack
from dashboards.builders.panels import FULL, HALF, THIRD, lines
from dashboards.builders.queries import VERSION, WINDOW, rows, series
from dashboards.builders.tables import Column, listing, matrix, plain
from grafana_foundation_sdk.builders import table, timeseries

_CLASSES: Final = "Only classifiers have classes"


def metric() -> timeseries.Panel:
    """A graph for each chosen metric, beside the baseline and the bound."""
    chosen = f'{{{WINDOW}, metric="$metric"}}'
    constant = f'{{{VERSION}, metric="$metric"'
    panel = lines(
        "$metric",
        "The metric on the labelled rows of the window, with its 95% interval; on the baseline (grey); and its "
        "configured bound (red).",
        "none",
        series(f"max(ml_performance{chosen})", "window"),
        series(f"max(ml_performance_lower{chosen})", "lower"),
        series(f"max(ml_performance_upper{chosen})", "upper"),
        series(f"max(ml_performance_baseline{constant}}})", "baseline"),
        series(f"max by (bound) (ml_performance_threshold{constant}}})", "bound ({{bound}})"),
    )
    with_limit(with_reference(with_band(with_main(panel, "window"), "lower", "upper"), "^baseline$"), "^bound")
    return panel.decimals(3).span(FULL).height(7).repeat("metric").repeat_direction("h").max_per_row(4)


def classes() -> table.Panel:
    """Precision, recall, F1 and rows of each class."""
    queries = [
        Column(name.capitalize(), f'max by (class) (ml_class_performance{{{WINDOW}, metric="{name}"}})', decimals=3)
        for name in ("precision", "recall", "f1", "support")
    ]
    panel = listing("Performance by class", "Each class against all others.", {"class": "Class"}, *queries)
    return panel.span(HALF).no_value(_CLASSES)


def segments() -> table.Panel:
    """The chosen metrics of each segment."""
    values = f'max by (segment, metric) (ml_segment_performance{{{WINDOW}, metric=~"$metric"}})'
    panel = plain(
        "Performance by segment",
        "The chosen metrics in each segment (`segments` in the configuration): where is the model weak?",
        rows(values),
    )
    panel.transformations(matrix("segment", "metric", "Segment")).decimals(3)
    return panel.span(HALF).no_value("No segments are configured")


def answers() -> Iterator[timeseries.Panel]:
    """What the version predicts, and how sure it is."""
    mean, spread = f"max(ml_prediction_mean{{{WINDOW}}})", f"max(ml_prediction_stddev{{{WINDOW}}})"
    located = lines(
        "Predictions",
        "Mean of the predictions, or of the positive class's scores, and one standard deviation around it.",
        "short",
        series(mean, "mean"),
        series(f"{mean} - {spread}", "mean - sd"),
        series(f"{mean} + {spread}", "mean + sd"),
    )
    banded = with_band(with_main(located, "mean"), "mean - sd", "mean + sd")
    yield banded.no_value("A classifier without probabilities has no scores")
    classes = lines(
        "Predicted classes",
        "Share of the predictions by class.",
        "percentunit",
        series(f"max by (class) (ml_predicted_class_ratio{{{WINDOW}}})", "{{class}}"),
    )
    yield with_stack(classes.min(0).max(1)).no_value(_CLASSES)
    for title, description, family in (
        ("Confidence", "Mean probability of the predicted class.", "confidence_mean"),
        ("Unsure answers", "Share of the predictions below the configured confidence.", "low_confidence_ratio"),
        ("Dominant class", "Share of the class that is predicted most often.", "dominant_class_ratio"),
    ):
        yield _bounded(title, description, family).span(THIRD).no_value(_CLASSES)


def _bounded(title: str, description: str, family: str) -> timeseries.Panel:
    """A share, and the bound it has in the configuration."""
    panel = lines(
        title,
        f"{description} Red: its configured bound.",
        "percentunit",
        series(f"max(ml_{family}{{{WINDOW}}})", "window"),
        series(f'max by (bound) (ml_performance_threshold{{{VERSION}, metric="{family}"}})', "bound ({{bound}})"),
    )
    return with_limit(with_main(panel, "window"), "^bound").min(0).max(1)
