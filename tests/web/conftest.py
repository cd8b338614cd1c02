"""An exporter with models in every state, as the web sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.web.certificates import Certificates
from tests.web.evaluations import NOW, classifier, failing, regressor

from mlflow_exporter.collectors.exposition import Exposition
from mlflow_exporter.domain import Problem
from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.results import Evaluation, Results
from mlflow_exporter.web.application import create_app
from mlflow_exporter.web.server import Server

ODD_NAME = 'pricing/π "beta" <script>alert(1)</script>'


@dataclass
class FakeExporter:
    """What the application gives to the web."""

    results: Results
    exposition: Exposition
    expected: list[str]
    reloads: int = 0
    refusal: ConfigurationError | None = None
    told: tuple[Problem, ...] = ()
    text: str = field(default="models:\n- name: churn\n")
    alerting: Any = None

    def expected_models(self) -> list[str]:
        return self.expected

    def config_text(self) -> str:
        return self.text

    def notices(self) -> tuple[Problem, ...]:
        return self.told

    def reload(self) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.reloads += 1

    def publish(self, evaluation: Evaluation) -> None:
        self.results.publish(evaluation)
        self.exposition.publish(evaluation)


def every_state() -> FakeExporter:
    """An exporter with models in every state."""
    names = ["churn", "delivery-time", "fraud", "recommendations", ODD_NAME]
    exporter = FakeExporter(Results(), Exposition(), names)
    calm = classifier("credit-limit", strength=0.15, loss=0.0)
    for evaluation in (classifier(), calm, classifier(ODD_NAME, strength=0.5, loss=0), regressor(), failing()):
        exporter.publish(evaluation)
    return exporter


@pytest.fixture
def exporter() -> FakeExporter:
    """An exporter with models in every state."""
    return every_state()


@pytest.fixture
def client(exporter: FakeExporter) -> FlaskClient:
    """A client of the application, no server between."""
    return create_app(exporter, clock=lambda: NOW).test_client()


@pytest.fixture
def odd_name() -> str:
    """A model name with everything that breaks pages and addresses."""
    return ODD_NAME


@pytest.fixture
def churn() -> Evaluation:
    """A classifier whose shortest window has drifted and lost accuracy."""
    return classifier()


@pytest.fixture
def server(exporter: FakeExporter) -> Iterator[str]:
    """The URL of a real server on a free port."""
    app = create_app(exporter, clock=lambda: NOW)
    with Server(app, ["127.0.0.1:0"]) as running:
        yield f"http://{running.addresses[0]}"


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A root with certificates for the server and for a client, and a root of strangers."""
    return Certificates.made_in(tmp_path_factory.mktemp("certificates"))
