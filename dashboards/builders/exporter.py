"""Host and exporter: whether the numbers can be trusted, and the machine keeps up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dashboards.builders import host, variables
from dashboards.builders.accents import with_limit_at
from dashboards.builders.colours import BAD, GOOD, WARNING, steps, words
from dashboards.builders.page import finished, page, row
from dashboards.builders.panels import FULL, THIRD, lines, number, states
from dashboards.builders.queries import latest, series
from grafana_foundation_sdk.builders import stat, statetimeline, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard

_SCOPE: Final = 'job=~"$job", instance=~"$instance"'
_RATE: Final = "[$__rate_interval]"
_ANSWERS: Final = words({"0": ("Down", BAD), "1": ("Up", GOOD)})
_SUCCESS: Final = words({"0": ("Failed", BAD), "1": ("Succeeded", GOOD)})
_STALE_SECONDS: Final = 1_800


def dashboard() -> Dashboard:
    """The exporters and their hosts."""
    question = "Can the numbers be trusted: does the exporter evaluate every model, and does its machine keep up?"
    chosen = [variables.job(), variables.exporter_instance()]
    built = page(
        "ml-exporter", "ML exporter and host", question, chosen, 'subject=~"exporter|evaluation|host|alerting"'
    )
    for tile in _tiles():
        built.with_panel(tile)
    row(built, "Evaluations", [_evaluations(), *_work()])
    row(built, "Alerts", [_alerts()])
    row(built, "Host", [*host.usage(_SCOPE)])
    row(built, "Exposition", [*_exposition()])
    return finished(built)


def _tiles() -> Iterator[stat.Panel]:
    for title, description, family in (
        ("Exporter", "Whether every exporter can be scraped.", "up"),
        ("MLflow", "Whether the registry answered when it was last asked.", "ml_exporter_mlflow_up"),
        ("State", "Whether the state store worked when it was last used.", "ml_exporter_state_up"),
        (
            "Configuration",
            "Whether the last reload of the configuration succeeded; Down: the old one is in use.",
            "ml_exporter_config_last_reload_successful",
        ),
    ):
        yield number(title, description, "none", latest(f"min({family}{{{_SCOPE}}})")).mappings([_ANSWERS])
    yield (
        number(
            "Oldest evaluation",
            "How long ago the last successful evaluation was, of the model that has waited longest.",
            "s",
            latest(f"max(time() - max by (model) (ml_exporter_last_success_timestamp_seconds{{{_SCOPE}}}))"),
        )
        .thresholds(steps((_STALE_SECONDS / 2, WARNING), (_STALE_SECONDS, BAD)))
        .decimals(0)
    )
    yield number(
        "Series left out",
        "Series of models that have more than `limits.series`.",
        "short",
        latest(f"sum(ml_exporter_series_dropped{{{_SCOPE}}})"),
    ).thresholds(steps((1, WARNING)))


def _evaluations() -> statetimeline.Panel:
    success = f"min by (model) (ml_exporter_evaluation_success{{{_SCOPE}}})"
    description = "Whether each model's last evaluation succeeded."
    return states("Evaluations over time", description, _SUCCESS, series(success, "{{model}}")).height(6)


def _work() -> Iterator[timeseries.Panel]:
    age = f"time() - max by (model) (ml_exporter_last_success_timestamp_seconds{{{_SCOPE}}})"
    stale = lines(
        "Time since the last evaluation",
        "How old the numbers of each model are. EvaluationStale fires after half an hour.",
        "s",
        series(age, "{{model}}"),
    )
    yield with_limit_at(stale.min(0).span(THIRD), _STALE_SECONDS)
    yield (
        lines(
            "Duration",
            "How long the last evaluation of each model took: polling its sources, and computing.",
            "s",
            series(
                f"max by (model, phase) (ml_exporter_evaluation_duration_seconds{{{_SCOPE}}})", "{{model}} · {{phase}}"
            ),
        )
        .min(0)
        .span(THIRD)
    )
    yield (
        lines(
            "Rows read",
            "Rows a second that were read from each source.",
            "rowsps",
            series(
                f"sum by (model, source) (rate(ml_exporter_rows_read_total{{{_SCOPE}}}{_RATE}))",
                "{{model}} · {{source}}",
            ),
        )
        .min(0)
        .span(THIRD)
    )


def _alerts() -> timeseries.Panel:
    panel = lines(
        "Alerts and actions",
        "What Alertmanager told the exporter's history, and the actions that followed, in the time that a point stands "
        "for.",
        "none",
        series(
            f"sum by (status, severity) (increase(ml_alert_notifications_total{{{_SCOPE}}}{_RATE}))",
            "{{severity}} {{status}}",
        ),
        series(
            f"sum by (action, outcome) (increase(ml_action_runs_total{{{_SCOPE}}}{_RATE}))",
            "action {{action}} {{outcome}}",
        ),
    )
    return panel.min(0).span(FULL).no_value("Alertmanager has told nothing")


def _exposition() -> Iterator[timeseries.Panel]:
    yield (
        lines(
            "Series",
            "Series of the models and the registry on /metrics.",
            "short",
            series(f"ml_exporter_series{{{_SCOPE}}}", "{{instance}}"),
        )
        .min(0)
        .span(THIRD)
    )
    yield (
        lines(
            "Series left out",
            "Series beyond `limits.series`, by model. The least important are left out first.",
            "short",
            series(f"sum by (model) (ml_exporter_series_dropped{{{_SCOPE}}})", "{{model}}"),
        )
        .min(0)
        .span(THIRD)
    )
    yield (
        lines(
            "Scrape",
            "How long Prometheus takes to read /metrics.",
            "s",
            series(f"scrape_duration_seconds{{{_SCOPE}}}", "{{instance}}"),
        )
        .min(0)
        .span(THIRD)
    )
