"""What Grafana makes of a dashboard's queries, and the Prometheus that it asks.

Queries are filled in as in public/app/plugins/datasource/prometheus (interpolateQueryExpr).
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

STEP_SECONDS = 5
RANGE_SECONDS = 120


@dataclass(frozen=True)
class Prometheus:
    """Its HTTP API, and how often it scrapes."""

    address: str
    scrape_seconds: int = 5

    def ask(self, path: str, **parameters: str) -> Any:
        """What it answers; raises AssertionError with the reason where it refuses."""
        url = f"{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refusal:
            raise AssertionError(json.load(refusal)["error"]) from refusal

    def instant(self, expression: str) -> list[Json]:
        """The series of an expression now."""
        return list(self.ask("query", query=expression)["result"])

    def range(self, expression: str) -> list[Json]:
        """The series of an expression over the time range."""
        end = time.time()
        start = end - RANGE_SECONDS
        found = self.ask("query_range", query=expression, start=f"{start}", end=f"{end}", step=f"{STEP_SECONDS}")
        return list(found["result"])


@dataclass(frozen=True)
class Variable:
    """A variable with what is chosen of it: one value, several, or All."""

    name: str
    chosen: str | list[str]
    is_list: bool = False
    all_value: str = ""

    @property
    def text(self) -> str:
        """What stands in a query for it."""
        if self.chosen == ["$__all"]:
            return self.all_value
        if isinstance(self.chosen, list):
            escaped = [special(value) for value in self.chosen]
            return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
        return special(self.chosen) if self.is_list else self.chosen.replace("\\", r"\\").replace("'", r"\\'")


def special(value: str) -> str:
    """A value as a part of a regular expression in a PromQL string."""
    return re.sub(r"[$^*{}\[\]\'+?.()|]", r"\\\\\g<0>", value.replace("\\", r"\\\\"))


def filled(text: str, variables: list[Variable], scrape_seconds: int) -> str:
    """The text with its variables' values, the built-in ones included; names that are no variables stay."""
    rate = max(STEP_SECONDS + scrape_seconds, 4 * scrape_seconds)
    values = {"__rate_interval": f"{rate}s", "__interval": f"{STEP_SECONDS}s", "__range": f"{RANGE_SECONDS}s"}
    values |= {variable.name: variable.text for variable in variables}
    return re.sub(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)", lambda found: values.get(found[1] or found[2], found[0]), text)


def options(prometheus: Prometheus, variable: Json, before: list[Variable]) -> list[str]:
    """What may be chosen, in order: the answers to the variable's query."""
    query = filled(variable["query"], before, prometheus.scrape_seconds)
    if listed := re.fullmatch(r"label_values\((.*),\s*(\w+)\)", query, re.DOTALL):
        return sorted(prometheus.ask(f"label/{listed[2]}/values", **{"match[]": listed[1]}))
    asked = re.fullmatch(r"query_result\((.*)\)", query, re.DOTALL)
    assert asked, query
    texts = [shown(series) for series in prometheus.instant(asked[1])]
    found = [re.search(variable["regex"].strip("/"), text) for text in texts]
    return [match[1] for match in found if match]


def shown(series: Json) -> str:
    """A series as Grafana writes it for a variable's regular expression."""
    labels = ",".join(f'{name}="{value}"' for name, value in series["metric"].items() if name != "__name__")
    return f"{series['metric'].get('__name__', '')}{{{labels}}} {series['value'][1]} {series['value'][0]}"


def chosen(prometheus: Prometheus, dashboard: Json, model: str) -> list[Variable] | None:
    """Every variable as a reader finds it who has chosen the model; None where the page does not know the model."""
    variables: list[Variable] = []
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "datasource":
            continue
        found = options(prometheus, variable, variables)
        assert found, f"{dashboard['uid']}: ${variable['name']} has no options"
        current = variable.get("current", {}).get("value")
        wanted = model if variable["name"] == "model" else current or found[0]
        if variable["name"] == "model" and model not in found:
            return None
        assert wanted == "$__all" or set([wanted] if isinstance(wanted, str) else wanted) <= set(found)
        value = [wanted] if variable["multi"] and isinstance(wanted, str) else wanted
        variables.append(Variable(variable["name"], value, variable["multi"], variable.get("allValue", "")))
    return variables


def repeated(
    prometheus: Prometheus, dashboard: Json, panel: Json, variables: list[Variable]
) -> Iterator[list[Variable]]:
    """The variables for each copy of a panel."""
    if "repeat" not in panel:
        yield variables
        return
    (variable,) = [one for one in dashboard["templating"]["list"] if one["name"] == panel["repeat"]]
    for value in options(prometheus, variable, variables):
        others = [one for one in variables if one.name != panel["repeat"]]
        yield [*others, Variable(panel["repeat"], value, is_list=True)]
