"""Serving: whether the servers of a model answer, correctly and in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dashboards.builders import servers, variables
from dashboards.builders.accents import with_burn_rates, with_limit
from dashboards.builders.calls import RATE, TARGET, VERSION, burned, calls, error_ratio, quantile
from dashboards.builders.colours import BAD, WARNING, steps
from dashboards.builders.page import finished, page, row
from dashboards.builders.panels import THIRD, density, lines, number
from dashboards.builders.queries import SERVERS, buckets, latest, series
from grafana_foundation_sdk.builders import heatmap, stat, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard

_RULES: Final = "Needs the recording rules of prometheus/rules/"


def dashboard() -> Dashboard:
    """The servers of one model, and one of its versions in detail."""
    question = "Do the servers of this model answer, correctly and in time?"
    scope = 'job=~"$servers"'
    chosen = [
        variables.servers(),
        variables.model("ml_predictions_total", scope),
        variables.version("ml_predictions_total", f'{scope}, model="$model"'),
        variables.server_instance(),
    ]
    built = page("ml-serving", "ML model servers", question, chosen, 'model="$model"')
    for tile in _tiles():
        built.with_panel(tile)
    row(built, "Traffic and errors", [*_traffic()])
    row(built, "Latency", [*_latency()])
    row(built, "Objectives", [_burn("Error", "errors", "fail"), _burn("Latency", "slow", "are slow")])
    row(built, "Inputs and answers", [*servers.answers()])
    row(built, "Servers", [servers.replicas(), *servers.health()])
    return finished(built)


def _tiles() -> Iterator[stat.Panel]:
    yield number("Calls", "Calls of the version a second.", "reqps", latest(calls()))
    yield (
        number("Errors", "Share of the version's calls that fail.", "percentunit", latest(error_ratio()))
        .thresholds(steps((0.005, WARNING), (0.05, BAD)))
        .decimals(2)
    )
    yield number("95% within", "95% of the version's calls take no longer.", "s", latest(quantile(0.95))).thresholds(
        steps((0.5, WARNING), (5, BAD))
    )
    for title, subject in (("Error burn, 1 h", "errors"), ("Latency burn, 1 h", "slow")):
        description = "How many times faster than the objective allows its budget was used up in the last hour."
        tile = number(title, description, "none", latest(burned(subject, "1h"))).decimals(1)
        yield tile.thresholds(steps((1, WARNING), (14.4, BAD))).no_value(_RULES)
    yield number(
        "Servers down",
        "Instances that cannot be scraped, of the chosen jobs.",
        "none",
        latest('count(up{job=~"$servers", instance=~"$instance"}) - sum(up{job=~"$servers", instance=~"$instance"})'),
    ).thresholds(steps((1, BAD)))


def _traffic() -> Iterator[timeseries.Panel]:
    versions = "version {{version}}"
    rates = lines("Calls", "Calls a second, by version.", "reqps", series(calls(SERVERS, " by (version)"), versions))
    yield rates.min(0).span(THIRD)
    failing = lines(
        "Errors",
        "Share of the calls that fail, by version. Red: the objective over 30 days.",
        "percentunit",
        series(error_ratio(SERVERS, " by (version)"), versions),
        series(f"max(model:prediction_error_ratio:target{TARGET})", "objective"),
    )
    yield with_limit(failing, "^objective$").min(0).span(THIRD)
    yield _failures()


def _failures() -> timeseries.Panel:
    """`mlflow-exporter serve` counts requests that it refused apart: they are the caller's errors."""
    refused = 'ml_serving_requests_total{job=~"$servers", instance=~"$instance", status=~"[45].."}'
    panel = lines(
        "Failures by cause",
        "Calls a second of the version that fail, by the class of their exception; and requests a second that a "
        "scoring server answers with an error, by status: 4xx is the caller's mistake.",
        "reqps",
        series(f"sum by (exception) (rate(ml_prediction_errors_total{{{VERSION}}}{RATE}))", "{{exception}}"),
        series(f"sum by (status) (rate({refused}{RATE}))", "status {{status}}"),
    )
    return panel.min(0).span(THIRD).no_value("Nothing has failed")


def _latency() -> Iterator[timeseries.Panel | heatmap.Panel]:
    yield density(
        "Latency",
        "How many calls of the version took how long: a second band is a second kind of call.",
        "s",
        buckets(f"sum by (le) (increase(ml_prediction_latency_seconds_bucket{{{VERSION}}}{RATE}))"),
    )
    quantiles = lines(
        "Latency quantiles",
        "Half, 95% and 99% of the version's calls take no longer. Red: the limit of the 95% (PredictionLatencyHigh).",
        "s",
        *(series(quantile(share), f"{share:.0%}") for share in (0.5, 0.95, 0.99)),
        series(f"max(model:prediction_latency_seconds:target{TARGET})", "limit of the 95%"),
    )
    yield with_limit(quantiles, "^limit").min(0)


def _burn(title: str, subject: str, verb: str) -> timeseries.Panel:
    panel = lines(
        f"{title} budget",
        f"How many times faster than the objective allows calls {verb}, over an hour, six hours and three days: at 1 "
        "the budget of 30 days lasts 30 days, at 14.4 two days.",
        "none",
        *(series(burned(subject, over), f"over {over}") for over in ("1h", "6h", "3d")),
    )
    return with_burn_rates(panel).min(0).axis_soft_max(2).no_value(_RULES)
