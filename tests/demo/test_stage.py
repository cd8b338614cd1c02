from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import Mock

import pytest
import yaml

from mlflow_exporter.config.loading import parse
from mlflow_exporter.config.settings import Settings
from mlflow_exporter.demo import stage
from mlflow_exporter.demo.servers import ServerFailed
from mlflow_exporter.demo.stage import configuration, staged
from mlflow_exporter.domain import Task

ADDRESS = "http://127.0.0.1:5000"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The configuration of a demo, as the exporter reads it."""
    token = tmp_path / "token"
    token.write_text("secret")
    return parse(yaml.safe_dump(configuration(tmp_path, ADDRESS, token)))


def test_the_configuration_is_accepted(settings: Settings) -> None:
    """The exporter takes it, with both models at their alias and the tasks that they have."""
    assert settings.mlflow.tracking_uri.get_secret_value() == ADDRESS
    assert {model.name: (model.version, model.task) for model in settings.models} == {
        "flight-delay": ("@champion", Task.CLASSIFICATION),
        "flight-duration": ("@champion", Task.REGRESSION),
    }


def test_lost_accuracy_is_out_of_bounds(settings: Settings) -> None:
    """Each model has a bound relative to its baseline, on a metric of its task."""
    thresholds = {model.name: list(model.performance.thresholds) for model in settings.models}
    assert thresholds == {"flight-delay": ["accuracy"], "flight-duration": ["r2"]}


def test_verdicts_come_while_a_newcomer_watches(settings: Settings) -> None:
    """Evaluations are seconds apart, and the shortest window soon holds more drifted rows than others."""
    assert settings.evaluation.interval <= 5
    assert all(model.windows[0].seconds == 300 for model in settings.models)


@dataclass
class Servers:
    """Starts servers that are nowhere, and remembers which have been stopped."""

    stopped: list[str] = field(default_factory=list)

    def start(self, name: str) -> Mock:
        """A server that is ready at once."""
        return Mock(address=ADDRESS, stop=lambda: self.stopped.append(name))


def test_what_runs_is_stopped_where_the_next_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Prometheus cannot be started, all that was started before it is stopped, the last first."""
    servers, every = Servers(), ("mlflow", "scoring", "exporter", "alertmanager")
    for name in every:
        monkeypatch.setattr(stage, f"start_{name}", Mock(return_value=servers.start(name)))
    monkeypatch.setattr(stage, "log_baseline", Mock(return_value="{}"))
    for name in ("prepare", "Client", "Traffic"):
        monkeypatch.setattr(stage, name, Mock())
    monkeypatch.setattr(stage, "sent", Mock(return_value=nullcontext()))
    monkeypatch.setattr(stage, "start_prometheus", Mock(side_effect=ServerFailed("no port is free")))
    with pytest.raises(ServerFailed), staged(tmp_path, Mock()):
        pass
    assert servers.stopped == list(reversed(every))
