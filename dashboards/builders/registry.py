"""Registry and governance: what is registered, what is in production, and what training promised of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dashboards.builders import variables
from dashboards.builders.colours import MAIN, words
from dashboards.builders.page import finished, page, row
from dashboards.builders.panels import HALF, QUARTER, TALL, lines, number, states
from dashboards.builders.queries import JOB, MODEL, latest, series
from dashboards.builders.tables import Column, Link, linked, listing, sorted_by
from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard

_KEY: Final = "model, version"
_PRESENT: Final = words({"1": ("Assigned", MAIN)})


def dashboard() -> Dashboard:
    """The registry, and one of its models."""
    question = "What is in the registry, what of it is in production, and does it hold what training promised?"
    model = variables.model("ml_registry_model_versions")
    chosen = [variables.job(), model, variables.window()]
    built = page("ml-registry", "ML registry and governance", question, chosen, 'model="$model"', "now-30d")
    for panel in (*_tiles(), _versions()):
        built.with_panel(panel)
    row(built, "Model $model", [_aliases(), _promises().height(TALL), _history().height(TALL)])
    row(built, "Training", [_runs(), _growth()])
    return finished(built)


def _tiles() -> Iterator[stat.Panel]:
    for title, description, expression in (
        ("Models", "Registered models.", f"max(ml_registry_models{{{JOB}}})"),
        ("Versions", "Versions of all models.", f"sum(max by (model) (ml_registry_model_versions{{{JOB}}}))"),
        ("Monitored", "Versions that an exporter evaluates.", f"count(max by ({_KEY}) (ml_model_info{{{JOB}}}))"),
        (
            "Unmonitored models",
            "Registered models of which no version is monitored.",
            f"max(ml_registry_models{{{JOB}}}) - count(count by (model) (ml_model_info{{{JOB}}}))",
        ),
    ):
        yield number(title, description, "none", latest(expression)).span(QUARTER)


def _versions() -> table.Panel:
    monitored = f"count by ({_KEY}) (ml_model_info{{{JOB}}})"
    registered = f"max by ({_KEY}) (ml_registry_version_created_timestamp_seconds{{{JOB}}})"
    panel = listing(
        "Versions",
        "Every version in the registry: its stage, its aliases, its run, how old it is, and whether it is monitored.",
        {"model": "Model", "version": "Version", "alias": "Alias", "model_stage": "Stage", "run_id": "Run"},
        Column("Age", _labelled(f"time() - {registered}", "model_stage, run_id", "ml_registry_version_info"), "s"),
        Column("Monitored", f"({monitored} > bool 0) or 0 * {registered}", "bool_yes_no"),
        Column("", f"count by ({_KEY}, alias) (ml_registry_alias_info{{{JOB}}})", "none"),
    )
    linked(panel, "Model", Link("The model", "ml-model", {"model": "Model", "version": "Version"}))
    return sorted_by(panel.height(TALL), "Age", descending=False)


def _labelled(expression: str, labels: str, family: str) -> str:
    """The values, with labels of an info family."""
    return f"max by ({_KEY}, {labels}) ({family}{{{JOB}}}) * on ({_KEY}) group_left () ({expression})"


def _aliases() -> statetimeline.Panel:
    query = series(f"max by (alias, version) (ml_registry_alias_info{{{MODEL}}})", "{{alias}} → version {{version}}")
    panel = states(
        "Aliases over time",
        "When each alias pointed to which version: a promotion is where one band ends and the next begins.",
        _PRESENT,
        query,
    )
    return panel.height(6)


def _promises() -> table.Panel:
    labels = "version, metric"
    panel = listing(
        "Training, baseline, production",
        "Each metric as the run logged it, on the baseline, and in the window, of the versions that are monitored.",
        {"version": "Version", "metric": "Metric"},
        Column("Training", f"max by ({labels}) (ml_training_metric{{{MODEL}}})", decimals=3),
        Column("Baseline", f"max by ({labels}) (ml_performance_baseline{{{MODEL}}})", decimals=3),
        Column("Production", f'max by ({labels}) (ml_performance{{{MODEL}, window="$window"}})', decimals=3),
    )
    return sorted_by(panel.span(HALF), "Metric", descending=False)


def _history() -> timeseries.Panel:
    return lines(
        "Production by version",
        "Each metric in the window, of every version: what a promotion has changed.",
        "none",
        series(
            f'max by (version, metric) (ml_performance{{{MODEL}, window="$window"}})',
            "{{metric}} · version {{version}}",
        ),
    )


def _runs() -> table.Panel:
    panel = listing(
        "Runs",
        "Training runs by experiment and status: FAILED and KILLED ones are training that needs somebody.",
        {"experiment": "Experiment", "status": "Status"},
        Column("Runs", f"max by (experiment, status) (ml_runs{{{JOB}}})", "none"),
    )
    return sorted_by(panel.span(HALF), "Runs")


def _growth() -> timeseries.Panel:
    return lines(
        "Versions over time",
        "Registered versions of each model: a step is a new version.",
        "none",
        series(f"max by (model) (ml_registry_model_versions{{{JOB}}})", "{{model}}"),
    ).min(0)
