"""What all answers have in common."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from mlflow_exporter.web.application import create_app


@pytest.mark.parametrize("path", ("/", "/models/churn", "/metrics", "/config", "/-/healthy", "/nowhere"))
def test_nothing_loads_from_elsewhere(client: FlaskClient, path: str) -> None:
    """Every answer forbids scripts, frames and foreign resources."""
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; img-src 'self'")
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ("/", "/models/churn", "/models/delivery-time", "/models/fraud", "/nowhere"))
def test_pages_obey_their_own_policy(client: FlaskClient, path: str) -> None:
    """No page has a script, an inline style or an absolute address."""
    page = client.get(path).text
    assert "<script" not in page
    assert "style=" not in page
    assert "http:" not in page
    assert "https:" not in page


def test_unknown_pages_say_so(client: FlaskClient) -> None:
    """A wrong address is a 404 on a page with the way back."""
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "Not Found" in answer.text
    assert 'href="/"' in answer.text


def test_telemetry_path_is_configurable(exporter: object) -> None:
    """Metrics are where `--web.telemetry-path` says, and the page links there."""
    client = create_app(exporter, telemetry_path="/probe").test_client()  # type: ignore[arg-type]  # a fake
    assert client.get("/probe").status_code == 200
    assert client.get("/metrics").status_code == 404
    assert 'href="/probe"' in client.get("/").text
