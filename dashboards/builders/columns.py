"""What is said of single columns, on more than one dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from dashboards.builders.accents import settings
from dashboards.builders.colours import BAD, WARNING, steps
from dashboards.builders.panels import QUARTER, lines
from dashboards.builders.queries import VERSION, WINDOW, series, top
from dashboards.builders.tables import Column, Link, linked, listing, sorted_by
from grafana_foundation_sdk.builders import table, timeseries

_SUSPECT: Final = steps((0.01, WARNING), (0.1, BAD), base="transparent")
_DISTRIBUTION: Final = Link("Its distribution", "ml-drift", {"column": "Column"})


def ratio(roles: str, at: str = "") -> str:
    """Score over threshold of the chosen tests, of columns with one of the roles; `at` follows each selector."""
    chosen = f'{{{WINDOW}, role=~"{roles}", test=~"$test"}}{at}'
    return f"max by (column, role, test) (ml_drift_score{chosen} / ml_drift_threshold{chosen})"


def furthest() -> table.Panel:
    """How far each column is from the baseline now, the furthest first."""
    chosen = f'{{{WINDOW}, test=~"$test"}}'
    panel = listing(
        "Furthest from the baseline",
        "Score over threshold of each column now: above 1 it has drifted. A column leads to its distribution.",
        {"column": "Column", "role": "Role", "test": "Test"},
        Column(
            "Ratio",
            ratio("feature|prediction|label"),
            "none",
            decimals=2,
            thresholds=steps((0.8, WARNING), (1, BAD), base="transparent"),
        ),
        Column("Score", f"max by (column, role, test) (ml_drift_score{chosen})", "none", decimals=3),
        Column("Threshold", f"max by (column, role, test) (ml_drift_threshold{chosen})", "none", decimals=3),
    )
    panel.override_by_name("Role", settings(custom__width=90))
    for name in ("Ratio", "Score", "Threshold"):
        panel.override_by_name(name, settings(custom__width=85))
    linked(panel, "Column", _DISTRIBUTION, "model", "version", "test")
    return sorted_by(panel, "Ratio")


def quality() -> table.Panel:
    """The state of each feature's values now, beside the baseline's."""
    panel = listing(
        "Features",
        "The values of each feature in the window, and in the baseline. Shares of rows that are missing, of an unseen "
        "category, outside the baseline's range, or invalid (wrong type, NaN, infinite).",
        {"column": "Column"},
        _share("Missing", "missing"),
        Column("…baseline", _of(f"ml_column_baseline_missing_ratio{{{VERSION}}}"), "percentunit", decimals=1),
        _share("Unseen", "unseen"),
        _share("Range", "out_of_range"),
        _share("Invalid", "invalid"),
        Column("Mean", _of(f"ml_column_mean{{{WINDOW}}}"), decimals=2),
        Column("Mean, baseline", _of(f"ml_column_baseline_mean{{{VERSION}}}"), decimals=2),
        Column("Deviation", _of(f"ml_column_stddev{{{WINDOW}}}"), decimals=2),
        Column("Deviation, baseline", _of(f"ml_column_baseline_stddev{{{VERSION}}}"), decimals=2),
    )
    linked(panel, "Column", _DISTRIBUTION, "model", "version", "test")
    return sorted_by(panel, "Missing")


def suspects() -> Iterator[timeseries.Panel]:
    """What is wrong with values over time: the features that are worst."""
    for title, description, family in (
        ("Missing values", "Share of the rows without a value", "missing"),
        ("Unseen categories", "Share of the rows with a category that the baseline has not", "unseen"),
        ("Out of range", "Share of the rows outside the baseline's range", "out_of_range"),
        ("Invalid values", "Share of the rows with a value of the wrong type, NaN or infinite", "invalid"),
    ):
        worst = top(partial(_suspect, family), "column")
        panel = lines(title, f"{description}: the ten worst features.", "percentunit", series(worst, "{{column}}"))
        yield panel.min(0).axis_soft_max(0.05).span(QUARTER)


def _suspect(family: str, at: str) -> str:
    return f"max by (column) (ml_column_{family}_ratio{{{WINDOW}}}{at})"


def _share(title: str, family: str) -> Column:
    values = _of(f"ml_column_{family}_ratio{{{WINDOW}}}")
    return Column(title, values, "percentunit", decimals=1, thresholds=_SUSPECT)


def _of(selector: str) -> str:
    return f"max by (column) ({selector})"
