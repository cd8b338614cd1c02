"""Model: how one version does, its inputs, its answers, its performance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dashboards.builders import columns, performance, variables
from dashboards.builders.accents import (
    with_limit_at,
    with_main,
)
from dashboards.builders.colours import BAD, WARNING, steps
from dashboards.builders.page import finished, page, row
from dashboards.builders.panels import THIRD, TWO_THIRDS, lines, number
from dashboards.builders.queries import VERSION, WINDOW, latest, series, top
from dashboards.builders.status import LIGHTS, margins, status
from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models.common import BigValueColorMode
from grafana_foundation_sdk.models.dashboard import Dashboard

_CHOSEN: Final = 'model="$model"'


def dashboard() -> Dashboard:
    """One version of one model."""
    question = "How is this version doing: its inputs, its answers, its performance?"
    chosen = [variables.job(), variables.model(), variables.version(), variables.window()]
    built = page("ml-model", "ML model", question, [*chosen, variables.metric(), variables.test()], _CHOSEN)
    for tile in _tiles():
        built.with_panel(tile)
    row(built, "Drift", [*_drift()])
    row(built, "Performance", [performance.metric(), performance.classes(), performance.segments()])
    row(built, "Answers", [*performance.answers()])
    row(built, "Data quality", [columns.quality(), *columns.suspects()])
    row(built, "Rows and labels", [*_rows(), *_lost()])
    return finished(built)


def _tiles() -> Iterator[stat.Panel]:
    yield (
        number(
            "Status", "The gravest that is to be said of the version, in the window.", "none", latest(status(VERSION))
        )
        .mappings([LIGHTS])
        .color_mode(BigValueColorMode.BACKGROUND_SOLID)
    )
    yield number(
        "Drifted features",
        "Features whose deciding test is above its threshold.",
        "none",
        latest(f'sum(max by (column) (ml_drift_detected{{{WINDOW}, role="feature"}}))'),
    ).thresholds(steps((1, WARNING)))
    yield (
        number(
            "Nearest bound",
            "How far the metric that is nearest to its bound is from it, in its own unit; below 0 it is beyond.",
            "short",
            latest(f"min({margins(VERSION)})"),
        )
        .thresholds(steps((0, "green"), base=BAD))
        .no_value("No metric has a bound")
    )
    yield number("Rows", "Prediction rows in the window.", "short", latest(f"max(ml_window_rows{{{WINDOW}}})"))
    yield number(
        "Labelled",
        "Share of the window's rows whose label has arrived.",
        "percentunit",
        latest(f"max(ml_label_coverage_ratio{{{WINDOW}}})"),
    )
    yield (
        number(
            "Newest prediction",
            "Age of the newest prediction in the log.",
            "s",
            latest(f"time() - max(ml_last_prediction_timestamp_seconds{{{VERSION}}})"),
        ).decimals(0)
    )


def _drift() -> Iterator[timeseries.Panel | table.Panel]:
    features = lines(
        "Drift of the features",
        "Score of each feature over its threshold, which takes the window's size into account: above 1 the feature has "
        "drifted. The ten that are furthest at the end of the time range.",
        "none",
        series(top(lambda at: columns.ratio("feature", at), "column, test"), "{{column}} · {{test}}"),
    )
    yield with_limit_at(features.min(0).span(TWO_THIRDS).height(10), 1)
    yield columns.furthest().span(THIRD).height(10)
    outcome = lines(
        "Drift of predictions and labels",
        "Score over threshold: above 1 what the model answers, or what turns out to be true, has drifted.",
        "none",
        series(f"max by (column, role, test) ({columns.ratio('prediction|label')})", "{{role}} {{column}} · {{test}}"),
    )
    yield with_limit_at(outcome.min(0), 1)
    share = lines(
        "Share of drifted features",
        "How many of the features have drifted, of all there are.",
        "percentunit",
        series(f"max(ml_drifted_columns_ratio{{{WINDOW}}})", "share"),
        legend=False,
    )
    yield with_main(share.min(0).axis_soft_max(0.1), "share")


def _rows() -> Iterator[timeseries.Panel]:
    yield (
        lines(
            "Rows",
            "Prediction rows in the window, and those whose label has arrived.",
            "short",
            series(f"max(ml_window_rows{{{WINDOW}}})", "predictions"),
            series(f"max(ml_labelled_rows{{{WINDOW}}})", "labelled"),
        )
        .min(0)
        .span(THIRD)
    )
    yield (
        lines(
            "Label delay",
            "How long labels take to arrive, of those in the window.",
            "s",
            series(f"max by (quantile) (ml_label_delay_seconds{{{WINDOW}}})", "quantile {{quantile}}"),
        )
        .min(0)
        .span(THIRD)
    )
    yield (
        lines(
            "Latency in the log",
            "How long predictions took, as the prediction log says.",
            "s",
            series(f"max by (quantile) (ml_window_latency_seconds{{{WINDOW}}})", "quantile {{quantile}}"),
        )
        .min(0)
        .span(THIRD)
    )


def _lost() -> Iterator[timeseries.Panel]:
    yield (
        lines(
            "Rejected rows",
            "Rows a second that were read and not counted, by reason.",
            "rowsps",
            series(
                'sum by (reason) (rate(ml_rows_rejected_total{job=~"$job", model="$model"}[$__rate_interval]))',
                "{{reason}}",
            ),
        )
        .min(0)
        .axis_soft_max(0.1)
    )
    yield (
        lines(
            "Duplicate rows",
            "Share of the window's rows whose id was already counted; they count once.",
            "percentunit",
            series(f"max(ml_duplicate_rows_ratio{{{WINDOW}}})", "duplicates"),
            legend=False,
        )
        .min(0)
        .axis_soft_max(0.05)
    )
