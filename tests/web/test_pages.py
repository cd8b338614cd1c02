"""Routes for people."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from mlflow_exporter.domain import Measurement, Problem, Role
from mlflow_exporter.results import ClassPerformance, DatasetDrift, DriftScore, Evaluation


def test_the_overview_has_every_model(client: FlaskClient, odd_name: str) -> None:
    """Evaluated, failing and waiting models are there, each with its state in words."""
    page = client.get("/").text
    for name in ("churn", "delivery-time", "fraud", "recommendations", "credit-limit", odd_name):
        assert html.escape(name).replace("&quot;", "&#34;") in page
    for words in ("Failing", "Out of bounds", "Drifted", "Waiting", "OK", "21 seconds ago"):
        assert words in page
    assert "the file is cut off: its footer is missing" in page


def test_the_overview_says_which_rows_drifted_as_a_whole(client: FlaskClient, exporter: Any, churn: Evaluation) -> None:
    """A model that is drifted for that reason alone shows the reason."""
    found = {}
    for name, score in {"drifted": 0.1, "calm": 0.01}.items():
        window = replace(churn.windows[2], dataset_drift=(DatasetDrift("pca_reconstruction", score, 0.05),))
        exporter.results.publish(replace(churn, windows=(window,)))
        card = client.get("/").text.partition(">churn</a>")[2].partition("</article>")[0]
        found[name] = "◆ rows as a whole" in card
    assert found == {"drifted": True, "calm": False}


def test_odd_names_are_escaped_and_their_addresses_work(client: FlaskClient, exporter: Any, churn: Evaluation) -> None:
    """Slashes, quotes, tags, question marks, percent signs and any script make neither markup nor a wrong page."""
    for name in ("/a//b/", "50%2F?#&", "<script>alert(1)</script>", "π 模型 '\"", "x" * 300):
        exporter.expected.append(name)
        exporter.publish(replace(churn, name=name))
    overview = client.get("/").text
    assert "<script" not in overview
    links = [part.split('"')[0] for part in overview.split('<h2><a href="')[1:]]
    pages = [client.get(html.unescape(link)) for link in links]
    assert len(pages) == 11
    assert {page.status_code for page in pages} == {200}
    assert all("<script" not in page.text for page in pages)


@pytest.mark.parametrize("name", ("a\nb", "\n", "a\r\n", "\u2028/\n"))
def test_a_name_may_have_line_breaks(client: FlaskClient, exporter: Any, churn: Evaluation, name: str) -> None:
    """The overview's link to a model leads to its page, wherever in the name a line ends."""
    exporter.publish(replace(churn, name=name))
    link = f"/models/{quote(name)}"
    assert f'href="{link}"' in client.get("/").text
    assert client.get(link).status_code == 200
    assert client.get(f"{link}x").status_code == 404


def test_the_model_page_tells_everything(client: FlaskClient) -> None:
    """What is monitored, drift, performance, predictions, quality and rejected rows."""
    page = client.get("/models/churn").text
    for text in (
        *("@champion", "48,210 rows", "21 seconds ago", "2,148", "worst: tenure_months, 4.4× its threshold"),
        *("below 0.822", "0.789 to 0.812", "Confusion", "8,690", "region=north", "Latency p95", "83 ms"),
        *("PCA reconstruction", "0.081", "0.0404", "5.3%"),
        *("Not in the baseline:", "three years", "Data quality", "Malformed", "1.5 hours (median)"),
    ):
        assert text in page


def test_the_window_is_chosen_by_the_address(client: FlaskClient) -> None:
    """Each window has a page; one that is not there is a 404 that says so."""
    assert "344,917" in client.get("/models/churn?window=7d").text
    missing = client.get("/models/churn?window=1y")
    assert missing.status_code == 404
    assert "no window" in missing.text


def test_a_waiting_model_has_a_page(client: FlaskClient) -> None:
    """A configured model without an evaluation is no error; one that is not configured is."""
    assert "has not finished yet" in client.get("/models/recommendations").text
    assert client.get("/models/nobody").status_code == 404


def test_problems_come_with_their_mend(client: FlaskClient) -> None:
    """A failing model says where, what, how to mend it, and when it was last well."""
    page = client.get("/models/fraud").text
    for text in ("part-0007.parquet", "its footer is missing", "rename them when they are complete", "2 hours ago"):
        assert text in page


def test_what_was_skipped_is_explained(client: FlaskClient) -> None:
    """Plain words, not identifiers."""
    assert "Performance was not computed: no labels have arrived yet." in client.get("/models/delivery-time").text


def test_a_wide_model_shows_its_worst_columns_first(client: FlaskClient, exporter: Any, churn: Evaluation) -> None:
    """Fifty columns, and a link to all of them."""
    template = churn.windows[0].drift[0]
    scores = tuple(replace(template, column=f"c{i}", score=0.001 * i) for i in range(150))
    assert isinstance(template, DriftScore)
    exporter.publish(replace(churn, windows=(replace(churn.windows[0], drift=scores),)))
    page = client.get("/models/churn").text
    assert page.count("<details") == 50
    assert "Show all 150 columns" in page
    assert client.get("/models/churn?columns=all").text.count("<details") == 150


def test_many_models_fit_a_page(client: FlaskClient, exporter: Any) -> None:
    """Each calm model has a line with a link, and those with something wrong stay cards."""
    exporter.expected += [f"waiting-{i}" for i in range(40)]
    page = client.get("/").text
    assert page.count("<article") == 3
    for name in ("waiting-0", "waiting-39", "delivery-time"):
        assert f'href="/models/{name}"' in page


def test_what_may_be_noise_is_said(client: FlaskClient) -> None:
    """A metric below its bound whose interval reaches it is not counted as out of bounds."""
    page = client.get("/models/churn").text
    assert "below 0.85, within noise" in page
    assert "within noise: ROC AUC" in page
    assert '<span class="value">1</span><span class="what">metrics out of bounds</span>' in page


def test_the_support_of_a_class_is_a_count(client: FlaskClient, exporter: Any, churn: Evaluation) -> None:
    """Eleven rows are 11, not 11.0."""
    measured = Measurement("precision", 0.5), Measurement("support", 11.0)
    window = replace(churn.windows[0], by_class=(ClassPerformance("0", measured),))
    exporter.publish(replace(churn, windows=(window,)))
    page = client.get("/models/churn").text
    assert '<td class="num">11</td>' in page
    assert "11.0" not in page


def test_numbers_that_are_absent_are_dashes(client: FlaskClient, exporter: Any, churn: Evaluation) -> None:
    """A window without rows has a page too."""
    empty = replace(churn.windows[0], rows=0, labelled_rows=0, label_coverage_ratio=None, start=None, end=None)
    bare = replace(empty, drift=(), quality=(), performance=(), by_class=(), confusion={}, segments=())
    exporter.publish(replace(churn, windows=(bare,)))
    page = client.get("/models/churn")
    assert page.status_code == 200
    assert "None" not in page.text


def test_what_is_wrong_with_the_whole_exporter_is_on_the_overview(client: FlaskClient, exporter: Any) -> None:
    """An MLflow that does not answer is told to whoever opens the page, and its text is escaped."""
    exporter.told = (Problem("MLflow", "http://mlflow:5000 did not answer <b>", "models go on"),)
    page = client.get("/").text
    assert "http://mlflow:5000 did not answer &lt;b&gt;" in page
    assert "models go on" in page


def test_drift_is_counted_alike_on_both_pages(client: FlaskClient, exporter: Any, churn: Evaluation) -> None:
    """Of the features; a label that drifts is named beside them, and the badges say that they are of all windows."""
    label = DriftScore("label", Role.LABEL, "psi", 9.0, 0.1, None, True)
    calm = churn.windows[2]
    windows = (replace(calm, drift=(*calm.drift[::2], label)), churn.windows[1])
    exporter.publish(replace(churn, windows=windows))
    card = client.get("/").text.split('href="/models/churn"')[1].split("</article>")[0]
    assert '<span class="">0</span> of 9' in card
    assert "◆ labels" in card
    page = client.get("/models/churn").text
    assert '0 <small>of 9</small></span><span class="what">features drifted</span>' in page
    assert '<span class="note">also: labels</span>' in page
    assert "over all windows" in page
