"""What people read: e-mail as text and HTML, and Slack."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

TEMPLATES = Path(__file__).parents[2] / "alertmanager" / "templates" / "*.tmpl"
RUNBOOK = "https://example.org/runbooks/FeatureDrift.md"
DASHBOARD = "http://localhost:3000/d/ml-drift?var-model=churn&var-version=3"


def alert(column: str = "age", status: str = "firing", severity: str = "warning") -> dict[str, Any]:
    """An alert as Alertmanager hands it to a template."""
    said = {"summary": f"{column} of churn has drifted", "description": "Its psi is 0.31 (threshold 0.2)."}
    return {
        "status": status,
        "labels": {"alertname": "FeatureDrift", "model": "churn", "severity": severity, "column": column},
        "annotations": {**said, "runbook_url": RUNBOOK, "dashboard_url": DASHBOARD},
        "startsAt": "2026-01-02T03:04:05Z",
        "endsAt": "2026-01-02T04:05:06Z" if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "http://localhost:9090/graph?g0.expr=x&g0.tab=1",
        "fingerprint": "0123456789abcdef",
    }


def notification(*alerts: dict[str, Any]) -> dict[str, Any]:
    """A notification of alerts that share name, model and severity."""
    firing = any(alert["status"] == "firing" for alert in alerts)
    return {
        "receiver": "email",
        "status": "firing" if firing else "resolved",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "FeatureDrift", "model": "churn"},
        "commonLabels": {"alertname": "FeatureDrift", "model": "churn", "severity": alerts[0]["labels"]["severity"]},
        "commonAnnotations": {"runbook_url": RUNBOOK, "dashboard_url": DASHBOARD},
        "externalURL": "http://localhost:9093",
        "groupKey": "{}",
    }


@pytest.fixture
def render(tmp_path: Path, run_amtool: Callable[..., str]) -> Callable[..., str]:
    """`render("text", alert, …)` gives the named template's text for a notification of these alerts."""

    def rendered(name: str, *alerts: dict[str, Any]) -> str:
        data = tmp_path / "data.json"
        data.write_text(json.dumps(notification(*alerts)))
        text = f'{{{{ template "mlflow_exporter.{name}" . }}}}'
        options = {"glob": TEMPLATES, "text": text, "type": "html" if name == "html" else "text", "data": data}
        arguments = [f"--template.{option}={value}" for option, value in options.items()]
        return run_amtool("template", "render", *arguments).removesuffix("\n")

    return rendered


class Page(HTMLParser):
    """The text and the links of an HTML document, and whether every element is closed."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.text, self.links, self.open = "", list[str](), list[str]()
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_subject_says_what_it_is_about(render: Callable[..., str]) -> None:
    """A subject has status, number, severity, alert and model."""
    assert render("subject", alert("age"), alert("city")) == "[FIRING:2] warning FeatureDrift of churn"
    assert render("subject", alert(status="resolved")) == "[RESOLVED] warning FeatureDrift of churn"


@pytest.mark.parametrize("name", ("text", "slack.text"))
def test_texts_have_summary_value_threshold_and_links(name: str, render: Callable[..., str]) -> None:
    """Text says what, how much against which threshold, and leads to the runbook, the dashboard and the query."""
    text = render(name, alert())
    for part in ("age of churn has drifted", "psi is 0.31 (threshold 0.2)", RUNBOOK, DASHBOARD, "g0.expr=x"):
        assert part in text
    assert "no value" not in text


def test_html_has_the_same_in_sound_markup(render: Callable[..., str]) -> None:
    """HTML has the same content and links, closes what it opens, and escapes what comes from data."""
    page = Page(render("html", alert("<script>x</script>")))
    assert not page.open
    assert "<script>x</script> of churn has drifted" in page.text
    assert "psi is 0.31 (threshold 0.2)" in page.text
    assert page.links[:2] == [RUNBOOK, DASHBOARD]
    assert "warning, since 2026-01-02 03:04:05 UTC" in page.text


def test_texts_say_what_has_resolved(render: Callable[..., str]) -> None:
    """Firing and resolved alerts of a group are told apart, with their times."""
    both = alert("age"), alert("city", status="resolved")
    text = render("text", *both)
    assert text.index("1 firing") < text.index("age of churn") < text.index("1 resolved") < text.index("city of churn")
    assert "Since 2026-01-02 03:04:05 UTC, until 2026-01-02 04:05:06 UTC" in text
    assert "1 resolved" in Page(render("html", *both)).text
    assert ":white_check_mark: *city of churn" in render("slack.text", *both)


@pytest.mark.parametrize("name", ("text", "html", "slack.text"))
def test_many_alerts_are_cut(name: str, render: Callable[..., str]) -> None:
    """A hundred alerts are ten and a hint that there are more."""
    text = render(name, *[alert(f"column {i}") for i in range(100)])
    assert text.count("of churn has drifted") == 10
    assert text.count("… and more") == 1


def test_slack_shows_severity_and_leads_to_the_dashboard(render: Callable[..., str]) -> None:
    """Colours are Slack's names; the title leads to the dashboard that all alerts share."""
    assert render("slack.color", alert()) == "warning"
    assert render("slack.color", alert(severity="critical")) == "danger"
    assert render("slack.color", alert(status="resolved")) == "good"
    assert render("slack.link", alert()) == DASHBOARD


def test_slack_markup_in_data_is_text(render: Callable[..., str]) -> None:
    """Nobody is called by a column's name."""
    assert "&lt;!channel&gt; &amp; co of churn" in render("slack.text", alert("<!channel> & co"))
