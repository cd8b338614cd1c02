"""The runbooks: one an alert, complete, and with links that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mlflow_exporter.instrument.families import FAMILIES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "runbooks"
RUNBOOKS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def alerts() -> set[str]:
    """Names of all alerts."""
    groups = [
        group
        for path in (ROOT / "prometheus" / "rules").glob("*.yml")
        for group in yaml.safe_load(path.read_text())["groups"]
    ]
    return {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}


def test_each_alert_has_a_runbook_and_each_runbook_an_alert() -> None:
    """No alert is without a runbook, and no runbook outlives its alert."""
    assert {path.stem for path in RUNBOOKS} == alerts()


def test_the_list_has_every_runbook() -> None:
    """The list of runbooks links to each of them, once."""
    linked = re.findall(r"\]\((\w+)\.md\)", (FOLDER / "README.md").read_text())
    assert sorted(linked) == [path.stem for path in RUNBOOKS]


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_runbook_has_every_section(path: Path) -> None:
    """A runbook is named after its alert and says what it means, what it costs, where to look and what to do."""
    title, *rest = re.split(r"^## (.+)$", path.read_text(), flags=re.MULTILINE)
    assert title.strip() == f"# {path.stem}"
    assert rest[::2] == SECTIONS
    assert all(len(text.split()) >= 8 for text in rest[1::2])


@pytest.mark.parametrize("path", (*RUNBOOKS, FOLDER / "README.md"), ids=lambda path: path.stem)
def test_every_link_leads_somewhere(path: Path) -> None:
    """Files of the repository that a runbook links to are there, and so are the headings."""
    for target, _, heading in (link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", path.read_text())):
        if target.startswith("http"):
            continue
        linked = path.parent / target if target else path
        assert linked.exists(), target
        assert not heading or heading in anchors(linked), f"{target}#{heading}"


def anchors(path: Path) -> set[str]:
    """The headings of a document as links name them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_runbook_names_metrics_that_exist(path: Path) -> None:
    """Metrics in a runbook are those of the alerts' rules, or documented ones."""
    rules = "".join(file.read_text() for file in (ROOT / "prometheus" / "rules").glob("*.yml"))
    documents = " ".join([rules, (ROOT / "docs" / "metrics.md").read_text(), *(family.name for family in FAMILIES)])
    named = re.findall(r"\b(ml_[a-z_0-9]+?)(?:_sum|_count|_bucket)?\b", path.read_text())
    unknown = [name for name in named if name not in documents]
    assert not unknown


def test_queries_are_valid(tmp_path: Path, run_promtool: Callable[..., str]) -> None:
    """Every query that a runbook gives can be pasted into Prometheus, once its placeholders are filled."""
    texts = [path.read_text() for path in RUNBOOKS]
    queries = [query for text in texts for query in re.findall(r"```promql\n(.*?)```", text, re.DOTALL)]
    assert len(queries) >= len(RUNBOOKS) / 2
    rules = [{"record": f"runbook:query:{i}", "expr": query} for i, query in enumerate(queries)]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "runbooks", "rules": rules}]}))

    run_promtool("check", "rules", path)
