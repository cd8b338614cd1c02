"""The frame of every dashboard: its links, its annotations, its place in the set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from dashboards.builders import variables
from dashboards.builders.colours import BAD
from dashboards.builders.queries import DATASOURCE
from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
    Panel,
    VariableModel,
)

TAG: Final = "mlflow-exporter"
SOURCE: Final = "https://github.com/mlflow-exporter/mlflow-exporter/blob/main/docs/guides/dashboards.md"


def page(
    uid: str, title: str, description: str, chosen: Sequence[Builder[VariableModel]], alerts: str, since: str = "now-6h"
) -> dashboard.Dashboard:
    """A dashboard without panels; `alerts` selects those that it annotates."""
    built = (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .readonly()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time(since, "now")
        .refresh("1m")
        .annotation(_alerts(alerts))
        .link(_others())
        .link(_guide())
    )
    return built.variables([variables.datasource(), *chosen])


def finished(built: dashboard.Dashboard) -> Dashboard:
    """The dashboard with a number for each panel, in reading order."""
    done = built.build()
    for number, panel in enumerate(done.panels or [], start=1):
        panel.id_val = number
    return done


def row(built: dashboard.Dashboard, title: str, panels: Iterable[Builder[Panel]]) -> None:
    """Add a headed group of panels."""
    built.with_row(dashboard.Row(title))
    for panel in panels:
        built.with_panel(panel)


def _alerts(selected: str) -> dashboard.AnnotationQuery:
    firing = ", ".join(filter(None, ['alertstate="firing"', selected]))
    return (
        dashboard.AnnotationQuery()
        .name("Alerts")
        .datasource(DATASOURCE)
        .enable(True)
        .icon_color(BAD)
        .expr(f"ALERTS{{{firing}}}")
        .step("1m")
        .title_format("{{alertname}}")
        .text_format("{{severity}}")
        .tag_keys("model,version,window,column,metric")
    )


def _others() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("ML dashboards")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


def _guide() -> dashboard.DashboardLink:
    guide = dashboard.DashboardLink("Guide").type(DashboardLinkType.LINK).url(SOURCE)
    return guide.icon("question").tooltip("What each dashboard answers").target_blank(True)
