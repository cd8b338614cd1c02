"""Tables whose rows come from several queries, joined by their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboards.builders.accents import settings
from dashboards.builders.panels import FULL, HIGH, lettered
from dashboards.builders.queries import DATASOURCE, rows
from grafana_foundation_sdk.builders import common, dashboard, prometheus, table
from grafana_foundation_sdk.models.common import TableCellHeight
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, ValueMap

_NO_COLOUR: Final = {"type": "auto"}
_COLOURED: Final = {"type": "color-background", "mode": "basic"}


@dataclass(frozen=True)
class Column:
    """A column of values: its title, its query, its unit, and when which colour is behind a value.

    Without a title only the labels of the query are shown.
    """

    title: str
    expression: str
    unit: str = "short"
    decimals: int | None = None
    thresholds: dashboard.ThresholdsConfig | None = None
    lights: ValueMap | None = None

    @property
    def settings(self) -> list[Any]:
        """What the field is shown with."""
        chosen: dict[str, Any] = {"unit": self.unit, "decimals": self.decimals}
        chosen["thresholds"] = self.thresholds.build() if self.thresholds else None
        chosen["mappings"] = [self.lights] if self.lights else None
        is_coloured = self.thresholds is not None or self.lights is not None
        chosen["custom__cellOptions"] = _COLOURED if is_coloured else _NO_COLOUR
        return settings(**{name: value for name, value in chosen.items() if value is not None})


@dataclass(frozen=True)
class Link:
    """Where a cell leads; `chosen` are variables, and the title (a word) of the column that has their value."""

    title: str
    uid: str
    chosen: Mapping[str, str]


def listing(title: str, description: str, labels: Mapping[str, str], *columns: Column) -> table.Panel:
    """A row for each combination of labels, a column for each query.

    `labels` are those that all queries have, and their titles, in order; labels of one query alone may be among them.
    """
    panel = plain(title, description, *(rows(column.expression) for column in columns))
    panel.transformations([merged(), arranged(labels, [column.title for column in columns])])
    for column in filter(lambda column: column.title, columns):
        panel.override_by_name(column.title, column.settings)
    return panel


def plain(title: str, description: str, *queries: prometheus.Dataquery) -> table.Panel:
    """A table of what the queries answer."""
    return (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .targets(lettered(queries))
        .unit("short")
        .span(FULL)
        .height(HIGH)
        .cell_height(TableCellHeight.SM)
        .filterable(True)
    )


def merged() -> DataTransformerConfig:
    """One table of all, with a row for each combination of labels."""
    return DataTransformerConfig("merge", options={})


def matrix(row: str, column: str, title: str) -> list[DataTransformerConfig]:
    """A row for each value of one label, a column for each value of another."""
    pivot = {"rowField": row, "columnField": column, "valueField": "Value"}
    named = {"renameByName": {f"{row}\\{column}": title}, "excludeByName": {}, "indexByName": {}}
    return [
        DataTransformerConfig("groupingToMatrix", options=pivot),
        DataTransformerConfig("organize", options=named),
    ]


def arranged(labels: Mapping[str, str], titles: Sequence[str]) -> DataTransformerConfig:
    """The labels, then the values, under their titles; neither the time, nor values without a title."""
    values = {value_of(index, len(titles)): title for index, title in enumerate(titles)}
    named = {**labels, **{name: title for name, title in values.items() if title}}
    return DataTransformerConfig(
        "organize",
        options={
            "excludeByName": {"Time": True, **{name: True for name, title in values.items() if not title}},
            "indexByName": {name: place for place, name in enumerate(named)},
            "renameByName": named,
        },
    )


def value_of(index: int, queries: int) -> str:
    """What Grafana calls the values of a table's query: `Value` alone, `Value #A` among several."""
    return "Value" if queries == 1 else f"Value #{chr(ord('A') + index)}"


def sorted_by(panel: table.Panel, title: str, *, descending: bool = True) -> table.Panel:
    """The table, at first in this order."""
    return panel.sort_by([common.TableSortByFieldState().display_name(title).desc(descending)])


def linked(panel: table.Panel, title: str, leads: Link, *kept: str) -> table.Panel:
    """The cells of a column lead to another dashboard, for what their row says; `kept` variables stay as they are."""
    chosen = "".join(f"&var-{name}=${{__data.fields.{field}:percentencode}}" for name, field in leads.chosen.items())
    stays = "".join(f"&${{{name}:queryparam}}" for name in ("datasource", "job", "window", *kept))
    url = f"/d/{leads.uid}?${{__url_time_range}}{chosen}{stays}"
    return panel.override_by_name(title, settings(links=[{"title": leads.title, "url": url}]))
