"""What makes one line differ from the others: references are grey, limits red and dashed, intervals a pale band."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from dashboards.builders.colours import BAD, MAIN, REFERENCE, WARNING, steps
from grafana_foundation_sdk.builders import common, timeseries
from grafana_foundation_sdk.models.common import GraphThresholdsStyleMode, StackingMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

Panel = TypeVar("Panel", bound=timeseries.Panel)

_DASHED: Final = {"fill": "dash", "dash": [8, 6]}
_LEGENDLESS: Final = {"legend": True, "tooltip": False, "viz": False}


def settings(**values: Any) -> list[DynamicConfigValue]:
    """Settings of a field, such as custom__lineWidth=1 for custom.lineWidth."""
    return [DynamicConfigValue(name.replace("__", "."), value) for name, value in values.items()]


def with_main(panel: Panel, name: str, colour: str = MAIN) -> Panel:
    """The line that the panel is about."""
    return panel.override_by_name(name, settings(color=_fixed(colour)))


def with_reference(panel: Panel, pattern: str) -> Panel:
    """Lines whose name matches are what others are compared with: grey and dashed."""
    return panel.override_by_regexp(
        f"/{pattern}/", settings(color=_fixed(REFERENCE), custom__lineStyle=_DASHED, custom__lineWidth=1)
    )


def with_limit(panel: Panel, pattern: str) -> Panel:
    """Lines whose name matches are limits: red and dashed."""
    return panel.override_by_regexp(
        f"/{pattern}/", settings(color=_fixed(BAD), custom__lineStyle=_DASHED, custom__lineWidth=1)
    )


def with_band(panel: Panel, lower: str, upper: str, colour: str = MAIN) -> Panel:
    """Fill between two lines that are not drawn themselves."""
    edge = settings(color=_fixed(colour), custom__lineWidth=0, custom__hideFrom=_LEGENDLESS)
    panel.override_by_name(lower, edge)
    return panel.override_by_name(upper, [*edge, *settings(custom__fillBelowTo=lower, custom__fillOpacity=20)])


def with_limit_at(panel: Panel, value: float, mode: str = "dashed+area") -> Panel:
    """The panel's own limit, with the area beyond it tinted."""
    style = common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode(mode))
    return panel.thresholds(steps((value, BAD), base="transparent")).thresholds_style(style)


def with_floor_at(panel: Panel, value: float) -> Panel:
    """The panel's own limit, with the area below it tinted."""
    style = common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED_AND_AREA)
    return panel.thresholds(steps((value, "transparent"), base=BAD)).thresholds_style(style)


def with_burn_rates(panel: Panel) -> Panel:
    """Limits at the rates that alerts are raised for: 1 at the least, 14.4 at once."""
    style = common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
    limits = steps((1, WARNING), (6, WARNING), (14.4, BAD), base="transparent")
    return panel.thresholds(limits).thresholds_style(style)


def with_stack(panel: Panel) -> Panel:
    """Shares of a whole, on top of each other."""
    return panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A")).fill_opacity(40).line_width(1)


def _fixed(colour: str) -> dict[str, str]:
    return {"mode": "fixed", "fixedColor": colour}
