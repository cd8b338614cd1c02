"""The pages in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from mlflow_exporter.domain import Measurement
from mlflow_exporter.results import Evaluation, SegmentPerformance


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen, once it has loaded."""
    page.wait_for_load_state("load")
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture(scope="module")
def browser(chromium_binary: str) -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium_binary, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(
    params=((1920, "dark"), (1280, "light"), (768, "light"), (375, "dark")), ids=lambda param: f"{param[0]}-{param[1]}"
)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page of a screen's width that fails the test on any message in its console."""
    width, scheme = request.param
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    opened = context.new_page()
    messages: list[str] = []
    opened.on("console", lambda message: messages.append(message.text))
    opened.on("pageerror", lambda error: messages.append(str(error)))
    yield opened
    context.close()
    assert not messages


def test_from_the_overview_to_the_evidence(page: Page, server: str) -> None:
    """A person opens the page, a model, another window, and a column's chart; nothing overflows the screen."""
    page.goto(server)
    assert overflow(page) == 0
    page.get_by_role("link", name="churn").click()
    assert page.get_by_role("heading", level=1).inner_text() == "churn"
    assert page.get_by_role("img", name="Distribution of tenure_months").is_visible()
    assert overflow(page) == 0
    page.get_by_role("navigation", name="Window").get_by_role("link", name="24h").click()
    assert page.get_by_role("navigation", name="Window").locator("[aria-current=page]").inner_text() == "24h"
    chart = page.get_by_role("img", name="Distribution of monthly_charges")
    assert not chart.is_visible()
    page.locator("summary", has_text="monthly_charges").click()
    assert chart.is_visible()
    assert overflow(page) == 0


def test_no_model_overflows_the_screen(page: Page, server: str) -> None:
    """Regressors, failures, models that wait and odd names fit a phone."""
    for model in ("delivery-time", "fraud", "recommendations", "pricing/"):
        page.goto(server)
        page.locator(f'h2 a[href^="/models/{model}"]').click()
        assert overflow(page) == 0


def test_a_wide_table_scrolls_inside_of_its_section(page: Page, server: str, exporter: Any, churn: Evaluation) -> None:
    """Segments with every metric do not widen the page, their names stay in sight, and the metrics can be reached."""
    metrics = tuple(Measurement(f"metric_{i}_of_many", 0.5) for i in range(30))
    window = replace(churn.windows[0], segments=(SegmentPerformance("region=north", 10, metrics),))
    exporter.publish(replace(churn, windows=(window,)))
    page.goto(f"{server}/models/churn")
    assert overflow(page) == 0
    table = page.get_by_role("region", name="Performance by segment")
    left = table.get_by_role("rowheader").bounding_box()
    table.evaluate("each => each.scrollTo(9999, 0)")
    assert table.evaluate("each => each.scrollLeft") > 0
    assert table.get_by_role("rowheader").bounding_box() == left


def test_the_style_sheet_loads(page: Page, server: str) -> None:
    """The content security policy lets the page have its own style, and the style follows the colour scheme."""
    page.goto(server)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert colour == ("rgb(18, 21, 26)" if dark else "rgb(246, 247, 249)")


def test_metrics_are_whole_in_a_browser(page: Page, server: str) -> None:
    """A browser unpacks the compressed exposition to its last line."""
    page.goto(f"{server}/metrics")
    text = page.inner_text("body")
    assert text.startswith("# HELP")
    assert "ml_exporter_series_dropped" in text.splitlines()[-1]
