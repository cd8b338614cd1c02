"""What the web asks of the application."""

from __future__ import annotations

from typing import Any

from mlflow_exporter.collectors.exposition import Exposition
from mlflow_exporter.domain import Problem
from mlflow_exporter.results import Results
from mlflow_exporter.web.application import create_app
from mlflow_exporter.web.exporter import Exporter


class Minimal:
    """Exactly the protocol, nothing more."""

    def __init__(self) -> None:
        self.results = Results()
        self.exposition = Exposition()
        # Asked for by the webhook and the page of alerts alone.
        self.alerting: Any = None

    def expected_models(self) -> list[str]:
        return []

    def config_text(self) -> str:
        return ""

    def notices(self) -> list[Problem]:
        return []

    def reload(self) -> None:
        """Nothing to reload."""


def test_every_route_works_with_the_protocol_alone() -> None:
    """An object with these members and no others is a whole exporter, and an empty one is ready."""
    exporter: Exporter = Minimal()
    client = create_app(exporter).test_client()
    for path in ("/", "/metrics", "/config", "/-/healthy", "/-/ready"):
        assert client.get(path).status_code == 200
    assert client.post("/-/reload").status_code == 200
    assert "No models are configured" in client.get("/").text
