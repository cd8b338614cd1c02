"""Overview: which models need somebody now, and since when."""

from __future__ import annotations

from functools import partial
from typing import Final, Literal

from dashboards.builders import variables
from dashboards.builders.accents import with_floor_at
from dashboards.builders.colours import BAD, WARNING, steps
from dashboards.builders.page import finished, page, row
from dashboards.builders.panels import lines, number, states
from dashboards.builders.queries import JOB, latest, series, top
from dashboards.builders.status import LIGHTS, broken_bounds, margins, status
from dashboards.builders.tables import Column, Link, linked, listing, sorted_by
from grafana_foundation_sdk.builders import dashboard as sdk
from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard

_KEY: Final = "model, version"
_WINDOW: Final = f'{JOB}, window="$window"'
_NAME: Final = "{{model}} {{version}}"
_GRAVE: Final = 'severity=~"critical|warning"'


def dashboard() -> Dashboard:
    """All models at a glance."""
    question = "Which models need somebody now, and since when?"
    built = page("ml-overview", "ML models", question, [variables.job(), variables.window()], f'model!="", {_GRAVE}')
    for panel in (*_tiles(), _models(), _history()):
        built.with_panel(panel)
    _trends(built)
    return finished(built)


def _tiles() -> list[stat.Panel]:
    bounds = f"count(ml_performance_threshold{{{JOB}}})"
    broken = f"count(count by ({_KEY}) ({broken_bounds(JOB)})) or 0 * {bounds}"
    return [
        _count("Versions", "Model versions that are monitored.", f"count(max by ({_KEY}) (ml_model_info{{{JOB}}}))"),
        _count("Rows", "Prediction rows in the window.", f"sum(max by ({_KEY}) (ml_window_rows{{{_WINDOW}}}))"),
        _problems(
            "Failing",
            "Models whose last evaluation failed: what is shown of them is old.",
            f"sum(1 - min by (model) (ml_exporter_evaluation_success{{{JOB}}}))",
            BAD,
        ),
        _problems("Out of bounds", "Versions with a metric beyond its bound, in the window.", broken, BAD),
        _problems(
            "Drifted",
            "Versions with a feature, prediction or label that has drifted, in the window.",
            f"sum(max by ({_KEY}) (ml_drift_detected{{{_WINDOW}}}))",
            WARNING,
        ),
        _problems(
            "Alerts",
            "Alerts that are firing, of severity critical or warning.",
            f'count(ALERTS{{alertstate="firing", {_GRAVE}}}) or vector(0)',
            BAD,
        ),
    ]


def _count(title: str, description: str, expression: str) -> stat.Panel:
    return number(title, description, "short", latest(expression))


def _problems(title: str, description: str, expression: str, colour: str) -> stat.Panel:
    return number(title, description, "none", latest(expression)).thresholds(steps((1, colour)))


def _models() -> table.Panel:
    panel = listing(
        "Models",
        "Each version that is monitored, the gravest first. Failing: its last evaluation failed. Out of bounds: a "
        "metric is beyond its bound. Drifted: a column is. Waiting: the window has no rows.",
        {"model": "Model", "version": "Version", "task": "Task", "alias": "Alias"},
        Column("Status", status(JOB), "none", lights=LIGHTS),
        Column(
            "Drifted columns",
            f"sum by ({_KEY}) (max by ({_KEY}, column, role) (ml_drift_detected{{{_WINDOW}}}))",
            thresholds=steps((1, WARNING), base="transparent"),
        ),
        Column("Rows", _described(f"max by ({_KEY}) (ml_window_rows{{{_WINDOW}}})")),
        Column("Labelled", f"max by ({_KEY}) (ml_label_coverage_ratio{{{_WINDOW}}})", unit="percentunit", decimals=0),
        Column(
            "Newest prediction",
            f"time() - max by ({_KEY}) (ml_last_prediction_timestamp_seconds{{{JOB}}})",
            unit="s",
            decimals=0,
        ),
    )
    chosen = {"model": "Model", "version": "Version"}
    linked(panel, "Model", Link("The model", "ml-model", chosen))
    linked(panel, "Drifted columns", Link("What has drifted", "ml-drift", chosen))
    return sorted_by(panel, "Status")


def _described(expression: str) -> str:
    """The values, with each version's task and alias."""
    info = f"max by ({_KEY}, task, alias) (ml_model_info{{{JOB}}})"
    return f"{info} * on ({_KEY}) group_left () {expression}"


def _history() -> statetimeline.Panel:
    query = series(status(JOB), _NAME)
    return states("Status over time", "The status of each version, in the window at that time.", LIGHTS, query)


def _trends(built: sdk.Dashboard) -> None:
    drifted = _worst(
        "Share of drifted features",
        "How many of a version's features have drifted, of all it has: the ten with the most.",
        "percentunit",
        "ml_drifted_columns_ratio",
        "topk",
    )
    near = top(partial(margins, JOB), f"{_KEY}, metric", "bottomk")
    nearest = lines(
        "Margin to the bounds",
        "How far a metric is from its configured bound, in its own unit: the ten with the least; below 0 it is beyond.",
        "short",
        series(near, f"{_NAME} {{{{metric}}}}"),
    )
    rows = _worst(
        "Rows",
        "Prediction rows in the window, of the ten versions with the fewest. What falls to 0 is a model that nobody "
        "asks, or a log that stopped.",
        "short",
        "ml_window_rows",
        "bottomk",
    )
    labelled = _worst(
        "Labelled rows",
        "Share of the window's rows whose label has arrived, which is what performance is measured on: the ten with "
        "the least.",
        "percentunit",
        "ml_label_coverage_ratio",
        "bottomk",
    )
    row(built, "Trends", [drifted.axis_soft_max(0.1), with_floor_at(nearest, 0)])
    row(built, "Traffic and alerts", [rows, labelled.max(1), _alerts()])


def _worst(
    title: str, description: str, unit: str, family: str, function: Literal["topk", "bottomk"]
) -> timeseries.Panel:
    """A family of windows, of the ten versions where it is most, or least."""
    few = top(lambda at: f"max by ({_KEY}) ({family}{{{_WINDOW}}}{at})", _KEY, function)
    return lines(title, description, unit, series(few, _NAME)).min(0)


def _alerts() -> table.Panel:
    labels = "alertname, alertstate, severity, model, version"
    panel = listing(
        "Alerts",
        "Alerts that are firing now, or pending: their condition has not held for long enough. Columns, windows and "
        "metrics of one model are counted together.",
        {"alertname": "Alert", "alertstate": "State", "severity": "Severity", "model": "Model", "version": "Version"},
        Column("Alerts", f"count by ({labels}) (ALERTS)", "none"),
    )
    linked(panel, "Model", Link("The model", "ml-model", {"model": "Model"}))
    return sorted_by(panel.no_value("No alert is firing or pending"), "State", descending=False)
