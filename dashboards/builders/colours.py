"""Few colours, each with one meaning."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

GOOD: Final = "green"
WARNING: Final = "orange"
BAD: Final = "red"
MAIN: Final = "blue"
REFERENCE: Final = "#8e8e8e"
NEUTRAL: Final = "text"


def fixed(colour: str) -> dashboard.FieldColor:
    """One colour, whatever the value."""
    return dashboard.FieldColor().mode(FieldColorModeId.FIXED).fixed_color(colour)


def by_threshold() -> dashboard.FieldColor:
    """The colour of the step that the value lies in."""
    return dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS)


def by_series() -> dashboard.FieldColor:
    """A colour for each series, the same one on every panel."""
    return dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME)


def steps(*above: tuple[float, str], base: str = GOOD) -> dashboard.ThresholdsConfig:
    """`base`, and from each value on another colour."""
    first = Threshold(value=None, color=base)
    return (
        dashboard.ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([first, *(Threshold(value=value, color=colour) for value, colour in above)])
    )


def words(texts: dict[str, tuple[str, str]]) -> ValueMap:
    """A word and a colour for each value."""
    return ValueMap(
        options={
            value: ValueMappingResult(text=text, color=colour, index=index)
            for index, (value, (text, colour)) in enumerate(texts.items())
        }
    )
