"""What grafana/dashboard-linter checks, of its 17 rules those that apply, and a few of our own.

The two rules on LogQL do not apply: nothing asks Loki. Two are applied with a difference:

- target-instance, template-instance: a model's numbers are the same whichever exporter exposes them, so that only the
  pages about processes (servers, exporters) choose among instances. Elsewhere instances are aggregated away.
- target-job, template-job: the job of the model servers is `$servers`, since links keep variables, and `$job` means the
  exporters. Recorded targets (`model:…:target`) and ALERTS are of the rules, not of a job.
"""

from __future__ import annotations

import itertools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.models import units

Json = dict[str, Any]

RULES = Path(__file__).parents[2] / "prometheus" / "rules"
UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}
ABOUT_PROCESSES = {"ml-serving", "ml-exporter"}
OF_THE_RULES = re.compile(r"^(ALERTS|model:\w+:target)$")
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
BUILT_IN = {"__rate_interval", "__range", "__interval", "__url_time_range", "__data"}


def variables(dashboard: Json, kind: str = "query") -> dict[str, Json]:
    """The dashboard's variables of a kind, by name."""
    return {one["name"]: one for one in dashboard["templating"]["list"] if one["type"] == kind}


def expressions(panels: list[Json]) -> list[str]:
    """Every query of the panels."""
    return [target["expr"] for panel in panels for target in panel["targets"]]


def selectors(expression: str) -> Iterator[tuple[str, str, str]]:
    """Each selector of a query: metric, matchers, range."""
    for found in re.finditer(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}(\[[^\]]*\])?", expression):
        yield found[1], found[2], found[3] or ""


def named(text: str) -> set[str]:
    """The variables that a text names; `$1` is a group of a regular expression."""
    return {one or other for one, other in re.findall(r"\$\{(\w+)[^}]*\}|\$([a-zA-Z_]\w*)", text)}


def test_template_datasource(dashboard: Json) -> None:
    """The data source is a variable, named as in every other dashboard."""
    (source,) = variables(dashboard, "datasource").values()
    assert (source["name"], source["label"], source["query"]) == ("datasource", "Data source", "prometheus")


def test_template_job(dashboard: Json) -> None:
    """The jobs are a variable of several values, all by default."""
    name = "servers" if dashboard["uid"] == "ml-serving" else "job"
    several(variables(dashboard)[name], name.capitalize())


def test_template_instance(dashboard: Json) -> None:
    """Pages about processes choose among instances, all by default; others do not."""
    assert ("instance" in variables(dashboard)) == (dashboard["uid"] in ABOUT_PROCESSES)
    if "instance" in variables(dashboard):
        several(variables(dashboard)["instance"], "Instance")


def several(variable: Json, label: str) -> None:
    assert (variable["label"], variable["multi"], variable["includeAll"]) == (label, True, True)
    assert (variable["allValue"], variable["current"]["value"]) == (".+", "$__all")


def test_template_on_time_change_reload(dashboard: Json) -> None:
    """Variables are asked for anew when the time range changes, of the chosen data source."""
    for variable in variables(dashboard).values():
        assert (variable["refresh"], variable["datasource"]) == (2, DATASOURCE), variable["name"]


def test_panel_datasource(panels: list[Json]) -> None:
    """Every panel and query asks the chosen data source."""
    for panel in panels:
        assert [panel["datasource"], *(one["datasource"] for one in panel["targets"])] == [DATASOURCE] * (
            1 + len(panel["targets"])
        ), panel["title"]


def test_panel_title_description(panels: list[Json]) -> None:
    """Every panel has a title, and a description in whole sentences."""
    assert not [panel for panel in panels if not panel["title"]]
    assert not [panel["title"] for panel in panels if not panel["description"].endswith((".", "?", ")"))]


def test_panel_units(panels: list[Json]) -> None:
    """Every panel has a unit that Grafana knows, and so has every column of a table."""
    for panel in panels:
        config = panel["fieldConfig"]
        chosen = [
            one["value"] for override in config["overrides"] for one in override["properties"] if one["id"] == "unit"
        ]
        axis = panel["options"].get("yAxis", {}).get("unit")
        assert {config["defaults"].get("unit", axis), *chosen} <= UNITS, panel["title"]


def test_panel_no_targets(panels: list[Json]) -> None:
    """Every panel asks something, by letters that do not repeat."""
    for panel in panels:
        letters = [target["refId"] for target in panel["targets"]]
        assert letters, panel["title"]
        assert len(set(letters)) == len(letters)


def test_target_and_template_promql(promtool: str, dashboards: dict[str, Json], tmp_path: Path) -> None:
    """Every query of a panel, a variable or an annotation is PromQL."""
    asked = set(itertools.chain.from_iterable(queries(one) for one in dashboards.values()))
    texts = {re.sub(r"\$\{?[a-zA-Z_]\w*\}?", "x", text.replace("$__rate_interval", "1m")) for text in asked}
    rules = [{"record": f"q{number}", "expr": text} for number, text in enumerate(sorted(texts))]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    checked = subprocess.run(
        [promtool, "check", "rules", str(tmp_path / "queries.yml")], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    assert f"SUCCESS: {len(rules)} rules found" in checked.stdout


def queries(dashboard: Json) -> Iterator[str]:
    """All PromQL in a dashboard."""
    yield from (target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", []))
    yield from (annotation["expr"] for annotation in dashboard["annotations"]["list"])
    for variable in variables(dashboard).values():
        query = re.fullmatch(r"query_result\((.*)\)|label_values\((.*), \w+\)", variable["query"], re.DOTALL)
        assert query, variable["query"]
        yield query[1] or query[2]


def test_target_rate_interval(panels: list[Json]) -> None:
    """Rates are taken over $__rate_interval, whatever the time range and the scrape interval."""
    ranges = [found for text in expressions(panels) for *_, found in selectors(text) if found]
    assert set(ranges) <= {"[$__rate_interval]"}


def test_target_counter_aggregation(panels: list[Json]) -> None:
    """No counter is shown as it is: rate or increase comes first, as for the buckets of a histogram."""
    for text in expressions(panels):
        for metric, matchers, over in selectors(text):
            if metric.endswith(("_total", "_bucket", "_count", "_sum")):
                assert over, text
                assert f"rate({metric}{{{matchers}}}" in text or f"increase({metric}{{{matchers}}}" in text


def test_target_job(dashboard: Json, panels: list[Json]) -> None:
    """Every selector is of the chosen jobs."""
    job = 'job=~"$servers"' if dashboard["uid"] == "ml-serving" else 'job=~"$job"'
    for text in expressions(panels):
        for metric, matchers, _ in selectors(text):
            assert job in matchers or OF_THE_RULES.match(metric), text


def test_target_instance(dashboard: Json, panels: list[Json]) -> None:
    """Pages about processes ask for the chosen instances, except what the rules have added up."""
    if dashboard["uid"] in ABOUT_PROCESSES:
        for text in expressions(panels):
            for metric, matchers, _ in selectors(text):
                assert 'instance=~"$instance"' in matchers or ":" in metric, text


def test_uneditable_dashboard(dashboard: Json) -> None:
    """A change in Grafana would be lost: it is made in the builders."""
    assert dashboard["editable"] is False


def test_every_variable_is_used_and_every_name_is_one(dashboard: Json) -> None:
    """No query, title or link names a variable that is not there, and none is there for nothing."""
    texts = [text for panel in dashboard["panels"] for text in strings(panel)]
    own = set(variables(dashboard)) | {"datasource"}
    between = {name for one in variables(dashboard).values() for name in named(one["query"])}
    used = {name for text in texts for name in named(text)} - BUILT_IN
    assert used | between | {name for one in strings(dashboard["annotations"]) for name in named(one)} == own


def strings(value: Any) -> Iterator[str]:
    """Every text inside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from itertools.chain.from_iterable(map(strings, value.values()))
    elif isinstance(value, list):
        yield from itertools.chain.from_iterable(map(strings, value))


def test_panels_fill_the_grid(dashboard: Json) -> None:
    """No panel overlaps another, every line of the grid is full, and numbers do not repeat."""
    taken = [
        (x, y)
        for at in (panel["gridPos"] for panel in dashboard["panels"])
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(taken) == len(set(taken))
    assert set(taken) == {(x, y) for x in range(24) for y in range(max(y for _, y in taken) + 1)}
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(numbers) == len(set(numbers))


def test_dashboards_lead_to_each_other(dashboard: Json, dashboards: dict[str, Json]) -> None:
    """One tag joins the dashboards, and its links keep time and variables; cells lead to variables that are there."""
    link = dashboard["links"][0]
    assert dashboard["tags"] == link["tags"] == ["mlflow-exporter"]
    assert (link["type"], link["includeVars"], link["keepTime"]) == ("dashboards", True, True)
    for url in (text for text in strings(dashboard["panels"]) if text.startswith("/d/")):
        target = dashboards[url.split("?")[0].removeprefix("/d/")]
        known = set(variables(target)) | {"datasource"}
        kept = set(re.findall(r"\$\{(\w+):queryparam\}", url))
        assert set(re.findall(r"&var-(\w+)=", url)) <= known, url
        assert kept <= set(variables(dashboard)) | {"datasource"}, url
        assert "${__url_time_range}" in url


def test_cells_lead_where_their_row_says(panels: list[Json]) -> None:
    """The columns that a cell's link reads are columns of its table."""
    for panel in (one for one in panels if one["type"] == "table"):
        titles = {
            title
            for one in panel["transformations"]
            if one["id"] == "organize"
            for title in one["options"]["renameByName"].values()
        }
        read = {name for text in strings(panel["fieldConfig"]) for name in re.findall(r"__data\.fields\.(\w+)", text)}
        overridden = {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]}
        assert read | overridden <= titles, panel["title"]


def test_alerts_lead_to_variables_that_are_there(dashboards: dict[str, Json]) -> None:
    """The dashboard that an alert names is one of these, and has the variables that the alert sets."""
    urls = re.findall(r"dashboard_url: \S+/d/(\S+)", "\n".join(path.read_text() for path in RULES.glob("*.yml")))
    assert urls
    for uid, _, query in (url.partition("?") for url in urls):
        assert set(re.findall(r"var-(\w+)=", query)) <= set(variables(dashboards[uid])), (uid, query)


@pytest.mark.parametrize(
    ("text", "found"),
    (
        ('sum(rate(a_total{x="1"}[5m])) / b{}', [("a_total", 'x="1"', "[5m]"), ("b", "", "")]),
        ('max(c{job=~"$job"} @ end())', [("c", 'job=~"$job"', "")]),
    ),
)
def test_selectors_are_found(text: str, found: list[tuple[str, str, str]]) -> None:
    """What these tests read a query with finds every selector in it."""
    assert list(selectors(text)) == found
