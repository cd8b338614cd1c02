"""An application under a path of its own."""

from __future__ import annotations

import pytest

from mlflow_exporter.web.application import create_app


@pytest.mark.parametrize("requested", ("/ml/monitor/models/churn", "/models/churn"))
def test_links_carry_the_prefix_of_the_external_url(exporter: object, requested: str) -> None:
    """Whether or not the proxy strips the prefix, the page is found and its links have it."""
    app = create_app(exporter, external_url="https://example.org/ml/monitor/")  # type: ignore[arg-type]  # a fake
    page = app.test_client().get(requested)
    assert page.status_code == 200
    assert 'href="/ml/monitor/static/style.css"' in page.text
    assert 'href="/ml/monitor/models/churn?window=24h"' in page.text


def test_a_path_that_only_begins_alike_is_not_stripped(exporter: object) -> None:
    """/ml is not a prefix of /mlflow."""
    client = create_app(exporter, external_url="http://example.org/ml").test_client()  # type: ignore[arg-type]  # a fake
    assert client.get("/mlflow").status_code == 404
    assert client.get("/ml").status_code == 200
