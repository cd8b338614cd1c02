"""What the instruments in the model servers see: inputs, answers, the servers themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dashboards.builders.accents import with_limit_at, with_stack
from dashboards.builders.calls import RATE, RECORDED, VERSION, calls, error_ratio, quantile
from dashboards.builders.colours import BAD, WARNING, steps
from dashboards.builders.panels import HALF, LOW, density, lines
from dashboards.builders.queries import buckets, series, top
from dashboards.builders.tables import Column, listing, sorted_by
from grafana_foundation_sdk.builders import heatmap, table, timeseries

_CLASSES: Final = "Only classifiers have classes"


def answers() -> Iterator[timeseries.Panel | heatmap.Panel]:
    """What the version is asked, and what it answers."""
    drift = lines(
        "Drift of the inputs",
        "Population stability index of each feature over its threshold, as Prometheus computes it from the servers' "
        "counters: above 1 the feature has drifted. The ten furthest at the end of the time range.",
        "none",
        series(top(_psi, "column, window"), "{{column}} · {{window}}"),
    )
    yield with_limit_at(drift.min(0), 1).no_value(
        "Needs servers that count bins, and prometheus/rules/online_drift.yml"
    )
    sizes = f"ml_prediction_batch_size_sum{{{VERSION}}}{RATE}"
    counts = f"ml_prediction_batch_size_count{{{VERSION}}}{RATE}"
    yield lines(
        "Rows",
        "Rows a second that the version predicts, and rows in a call on average.",
        "short",
        series(f"sum(rate({sizes}))", "rows a second"),
        series(f"sum(rate({sizes})) / sum(rate({counts}))", "rows in a call"),
    ).min(0)
    share = f"sum by (class) (rate(ml_predicted_class_total{{{VERSION}}}{RATE}))"
    classes = lines(
        "Predicted classes",
        "Share of the version's predictions by class.",
        "percentunit",
        series(f"{share} / on () group_left () sum({share})", "{{class}}"),
    )
    yield with_stack(classes.min(0).max(1)).no_value(_CLASSES)
    yield density(
        "Confidence",
        "How many predictions of the version had which probability of the class predicted.",
        "percentunit",
        buckets(f"sum by (le) (increase(ml_prediction_confidence_bucket{{{VERSION}}}{RATE}))"),
    ).no_value(_CLASSES)


def _psi(at: str) -> str:
    score = f"model_version_column:ml_feature_psi:score{{{RECORDED}}}{at}"
    threshold = f"model_version_column:ml_feature_psi:threshold{{{RECORDED}}}{at}"
    return f"max by (column, window) ({score} / {threshold})"


def replicas() -> table.Panel:
    """Each instance, beside the others."""
    by = " by (instance)"
    panel = listing(
        "Instances",
        "Each server of the version: is one of them different?",
        {"instance": "Instance"},
        Column("Calls", calls(by=by), "reqps"),
        Column(
            "Errors",
            error_ratio(by=by),
            "percentunit",
            decimals=2,
            thresholds=steps((0.005, WARNING), (0.05, BAD), base="transparent"),
        ),
        Column("95% within", quantile(0.95, "le, instance"), "s"),
        Column("In progress", f"sum{by} (ml_predictions_in_progress{{{VERSION}}})", "none"),
        Column("Loading took", f"max{by} (ml_model_load_seconds{{{VERSION}}})", "s"),
    )
    return sorted_by(panel.height(2 * LOW), "Calls")


def health() -> Iterator[timeseries.Panel]:
    """What piles up in the servers, and what they lose."""
    yield lines(
        "In progress",
        "Calls of the version that have not ended, by instance: what grows without end is a server that hangs.",
        "none",
        series(f"sum by (instance) (ml_predictions_in_progress{{{VERSION}}})", "{{instance}}"),
    ).min(0)
    failures = f"sum(rate(ml_instrument_errors_total{{{VERSION}}}{RATE})) or 0 * {calls()}"
    lost = lines(
        "Lost observations",
        "Rows a second that the prediction log lost, and errors a second inside the instrument. Calls were answered; "
        "drift and performance miss these rows.",
        "cps",
        series(f"sum(rate(ml_prediction_log_dropped_total{{{VERSION}}}{RATE}))", "rows not logged"),
        series(failures, "errors of the instrument"),
    )
    yield lost.min(0).axis_soft_max(0.1).span(HALF)
