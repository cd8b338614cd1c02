"""The page of alerts, and what it shows of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.web.evaluations import NOW

from mlflow_exporter.alerting.alerting import Alerting
from mlflow_exporter.alerting.tally import Tally
from mlflow_exporter.alerting.workers import Workers
from mlflow_exporter.config.alerting import AlertingSettings
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.state.action_runs import Outcome
from mlflow_exporter.state.alerts import Alert
from mlflow_exporter.state.store import Store

DRIFT = Alert(
    "f1",
    NOW - 7_200,
    None,
    {"alertname": "FeatureDrift", "severity": "critical", "model": "churn", "version": "3", "column": "age"},
    {
        "summary": "age of churn has drifted",
        "description": "Its ks score is 0.31, above 0.08.",
        "runbook_url": "https://runbooks.example/FeatureDrift",
        "dashboard_url": "javascript:alert(1)",
    },
    "http://prometheus/graph?g0.expr=x",
)
OVER = Alert("f2", NOW - 86_400, NOW - 82_800, {"alertname": "<b>Down</b>"}, {"summary": "<script>alert(1)</script>"})


@pytest.fixture
def store(exporter: Any, tmp_path: Path) -> Iterator[Store]:
    """The state of an exporter that takes alerts."""
    opened = Store(f"sqlite:///{tmp_path}/state.db")
    exporter.alerting = Alerting(AlertingSettings(), opened, Registry("http://host"), Workers(), Tally())
    yield opened
    opened.close()


@pytest.fixture
def record(store: Store) -> Callable[..., None]:
    """Stores alerts as told 21 seconds ago."""

    def tell(*alerts: Alert) -> None:
        with store.transaction() as transaction:
            for alert in alerts:
                transaction.alerts.record(alert, NOW - 21)

    return tell


@pytest.mark.usefixtures("store")
def test_without_alerts_it_says_how_to_send_them(client: FlaskClient) -> None:
    """The address for Alertmanager's configuration is there."""
    page = client.get("/alerts").text
    assert "No alert has been told yet." in page
    assert "http://localhost/api/v1/alerts" in page


def test_alerts_are_shown_with_what_is_behind_them(client: FlaskClient, record: Callable[..., None]) -> None:
    """What fires and what is over, since when, how bad, for which model, with links and labels."""
    record(DRIFT, DRIFT, OVER)
    page = client.get("/alerts").text
    for text in (
        *("FeatureDrift", "critical · churn\u00a03", "age of churn has drifted", "Its ks score is 0.31, above 0.08."),
        *("2 hours ago", "lasted 1 hour", "2 times, last <time", "once, <time", "21 seconds ago"),
        *('href="https://runbooks.example/FeatureDrift"', 'href="http://prometheus/graph?g0.expr=x"', "/models/churn"),
        "<dt>column</dt><dd>age",
    ):
        assert text in page


def test_nothing_that_is_told_becomes_markup_or_script(client: FlaskClient, record: Callable[..., None]) -> None:
    """Names and texts are escaped, and only addresses of web pages are links."""
    record(DRIFT, OVER)
    page = client.get("/alerts").text
    assert "<script" not in page
    assert "&lt;b&gt;Down&lt;/b&gt;" in page
    assert "javascript:" not in "".join(re.findall(r'href="[^"]*"', page))


def test_runs_of_actions_are_shown(client: FlaskClient, record: Callable[..., None], store: Store) -> None:
    """How each went, how long it took, and what it said."""
    record(DRIFT)
    with store.transaction() as transaction:
        runs = transaction.action_runs
        for name, outcome in (("retrain", Outcome.FAILED), ("tell", Outcome.DRY_RUN), ("late", Outcome.LOST)):
            runs.queue(name, DRIFT, NOW - 20)
            run = runs.next()
            assert run is not None
            runs.begin(run.id, NOW - 15, NOW)
            runs.end(run.id, outcome, f"<i>{name}</i> said", NOW - 5)
        runs.queue("waits", DRIFT, NOW - 20)
    page = client.get("/alerts").text
    for text in ("Failed", "Dry run", "Lost", "Waiting", "&lt;i&gt;retrain&lt;/i&gt; said", "took 10 seconds"):
        assert text in page


def test_alerts_are_chosen_by_model_and_status(client: FlaskClient, record: Callable[..., None]) -> None:
    """Each choice keeps the other one, and says how many there are."""
    other = Alert("f3", NOW - 60, None, {"alertname": "NoTraffic", "model": "odd & name"})
    record(DRIFT, OVER, other)

    def names(address: str) -> list[str]:
        return re.findall(r'<span class="about"><b>(.*?)</b>', client.get(address).text)

    assert names("/alerts") == ["NoTraffic", "FeatureDrift", "&lt;b&gt;Down&lt;/b&gt;"]
    assert names("/alerts?status=firing") == ["NoTraffic", "FeatureDrift"]
    assert names("/alerts?status=resolved&model=") == ["&lt;b&gt;Down&lt;/b&gt;"]
    assert names("/alerts?model=odd+%26+name") == ["NoTraffic"]
    page = client.get("/alerts?model=churn&status=resolved").text
    assert "No alert is like this." in page
    assert 'href="/alerts?model=churn&amp;status=firing"' in page
    assert re.findall(r'class="count">(\d+)<', page) == ["1", "1", "0"]


@pytest.mark.parametrize("query", ("status=burning", "page=0", "page=x", "page=-1", "page=99999999999999999999"))
@pytest.mark.usefixtures("store")
def test_an_address_that_is_wrong_is_not_found(client: FlaskClient, query: str) -> None:
    """It says what there is."""
    assert client.get(f"/alerts?{query}").status_code == 404


def test_many_alerts_have_pages(client: FlaskClient, record: Callable[..., None]) -> None:
    """Fifty on each, the latest first, each alert on one of them."""
    record(*(Alert(f"f{number}", NOW - number, None, {"alertname": f"A{number}"}) for number in range(120)))
    pages = [client.get(f"/alerts?page={page}").text for page in (1, 2, 3)]
    shown = [re.findall(r'<span class="about"><b>A(\d+)</b>', page) for page in pages]
    assert [len(names) for names in shown] == [50, 50, 20]
    assert [int(name) for names in shown for name in names] == list(range(120))
    assert [("Older" in page, "Newer" in page) for page in pages] == [(True, False), (True, True), (False, True)]


def test_alerts_that_only_inform_are_shown_where_asked_for(client: FlaskClient, record: Callable[..., None]) -> None:
    """Without them the page says how many there are and leads to them; every choice keeps that one."""
    info = Alert("f4", NOW - 60, None, {"alertname": "DriftAboveThreshold", "severity": "info", "model": "churn"})
    record(DRIFT, info)
    page = client.get("/alerts").text
    assert "DriftAboveThreshold" not in page
    assert re.findall(r'class="count">(\d+)<', page) == ["1", "1", "0"]
    assert 'Without 1 of severity info. <a href="/alerts?info=yes">Show them</a>' in page
    assert "No other alert is like this." in client.get("/alerts?model=churn&page=2").text
    page = client.get("/alerts?info=yes").text
    assert "DriftAboveThreshold" in page
    assert re.findall(r'class="count">(\d+)<', page) == ["2", "2", "0"]
    assert 'href="/alerts?status=firing&amp;info=yes"' in page
    assert '<a href="/alerts">Leave them out</a>' in page
