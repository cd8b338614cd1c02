"""The kinds of panels, each in one look: lines, numbers, states over time, a histogram over time, bars."""

from __future__ import annotations

from typing import Final, Literal

from dashboards.builders.colours import MAIN, NEUTRAL, by_series, by_threshold, fixed, steps
from dashboards.builders.queries import DATASOURCE
from grafana_foundation_sdk.builders import barchart, common, heatmap, prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import (
    AxisPlacement,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import ValueMap
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode

FULL, TWO_THIRDS, HALF, THIRD, QUARTER, SIXTH = 24, 16, 12, 8, 6, 4
"""Widths, of a grid of 24. Below 768 pixels Grafana gives each panel the whole width."""

TALL, HIGH, LOW = 10, 8, 4
"""Heights, of 30 pixels."""

_TOOLTIP: Final = common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
_NO_LEGEND: Final = common.VizLegendOptions().display_mode(LegendDisplayMode.HIDDEN).show_legend(False).calcs([])


def lines(
    title: str, description: str, unit: str, *queries: prometheus.Dataquery, legend: bool = True
) -> timeseries.Panel:
    """Series over time; a gap in the data is a gap in the line."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .targets(lettered(queries))
        .unit(unit)
        .span(HALF)
        .height(HIGH)
        .color_scheme(by_series())
        .line_width(2)
        .fill_opacity(0)
        .show_points(VisibilityMode.AUTO)
        .span_nulls(False)
        .tooltip(_TOOLTIP)
    )
    return panel.legend(_legend() if legend else _NO_LEGEND)


def number(title: str, description: str, unit: str, query: prometheus.Dataquery) -> stat.Panel:
    """The latest value; neither good nor bad, unless thresholds say otherwise."""
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .targets(lettered((query,)))
        .unit(unit)
        .span(SIXTH)
        .height(LOW)
        .color_scheme(by_threshold())
        .thresholds(steps(base=NEUTRAL))
        .color_mode(BigValueColorMode.VALUE)
        .graph_mode(BigValueGraphMode.NONE)
        .text_mode(BigValueTextMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )


def states(title: str, description: str, lights: ValueMap, query: prometheus.Dataquery) -> statetimeline.Panel:
    """A band for each series, in the colour of its state."""
    return (
        statetimeline.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .targets(lettered((query,)))
        .unit("none")
        .span(FULL)
        .height(HIGH)
        .mappings([lights])
        .color_scheme(by_threshold())
        .show_value(VisibilityMode.NEVER)
        .merge_values(True)
        .row_height(0.85)
        .fill_opacity(80)
        .line_width(0)
        .per_page(25)
        .legend(_legend())
    )


def density(title: str, description: str, unit: str, query: prometheus.Dataquery) -> heatmap.Panel:
    """How the observations of a histogram spread, over time."""
    return (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .targets(lettered((query,)))
        .span(HALF)
        .height(HIGH)
        .calculate(False)
        .color(heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Blues").steps(32).exponent(0.5))
        .cell_gap(1)
        .y_axis(heatmap.YAxisConfig().unit(unit).axis_placement(AxisPlacement.LEFT))
        .show_legend()
    )


def bars(title: str, description: str, unit: str, *queries: prometheus.Dataquery) -> barchart.Panel:
    """A group of bars for each row of a table."""
    return (
        barchart.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .targets(lettered(queries))
        .unit(unit)
        .span(HALF)
        .height(TALL)
        .color_scheme(fixed(MAIN))
        .orientation(VizOrientation.VERTICAL)
        .show_value(VisibilityMode.NEVER)
        .group_width(0.8)
        .x_tick_label_rotation(-45)
        .x_tick_label_max_length(16)
        .tooltip(_TOOLTIP)
        .legend(_legend())
    )


def lettered(queries: tuple[prometheus.Dataquery, ...]) -> list[Builder[Dataquery]]:
    """The queries as A, B, ... of a panel, which its overrides and transformations name them by."""
    return [query.ref_id(letter).datasource(DATASOURCE) for query, letter in zip(queries, _LETTERS, strict=False)]


def _legend(placement: Literal["bottom", "right"] = "bottom") -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement(placement))
        .show_legend(True)
        .calcs([])
    )


_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
