"""Queries of Prometheus: who is asked about, and in which form the answer comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATASOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")

# What a page's variables choose: the exporters; a model's version; a window of it.
JOB: Final = 'job=~"$job"'
MODEL: Final = f'{JOB}, model="$model"'
VERSION: Final = f'{MODEL}, version="$version"'
WINDOW: Final = f'{VERSION}, window="$window"'

# Servers have jobs of their own, so that a link between pages does not carry the exporters' job to them.
SERVERS: Final = 'job=~"$servers", instance=~"$instance", model="$model"'

SHOWN: Final = 10
"""How many lines of one panel are readable."""


def series(expression: str, legend: str = "") -> prometheus.Dataquery:
    """Its values over the time range, named by their labels."""
    return prometheus.Dataquery().expr(expression).range().legend_format(legend)


def latest(expression: str, legend: str = "") -> prometheus.Dataquery:
    """Its values at the end of the time range."""
    return prometheus.Dataquery().expr(expression).instant().legend_format(legend)


def rows(expression: str) -> prometheus.Dataquery:
    """Its values at the end of the time range, a row of a table each."""
    return latest(expression).format(PromQueryFormat.TABLE)


def buckets(expression: str) -> prometheus.Dataquery:
    """Buckets of a histogram over the time range, for a heatmap."""
    return series(expression, "{{le}}").format(PromQueryFormat.HEATMAP)


def top(expression: Callable[[str], str], labels: str, function: Literal["topk", "bottomk"] = "topk") -> str:
    """The series that are largest, or smallest, at the end of the time range.

    `expression` gives the query with a modifier behind each of its selectors; `labels` tell its series apart.

    >>> top(lambda at: f'ml_drift_score{{model="m"}}{at}', "column")
    '(ml_drift_score{model="m"}) and on (column) topk(10, ml_drift_score{model="m"} @ end())'
    """
    return f"({expression('')}) and on ({labels}) {function}({SHOWN}, {expression(' @ end()')})"
