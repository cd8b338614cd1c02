from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import structlog

from mlflow_exporter.app import Application
from mlflow_exporter.config import names
from mlflow_exporter.errors import ConfigurationError, StateUnavailable
from mlflow_exporter.evaluation.catalogue import RegistryState
from mlflow_exporter.evaluation.monitor import Monitor
from mlflow_exporter.performance import classification, regression
from mlflow_exporter.profiles.classification import ClassificationTally
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.profiles.regression import RegressionTally
from mlflow_exporter.registry.snapshot import RegistrySnapshot
from mlflow_exporter.results import Evaluation
from mlflow_exporter.statistics.catalogue import drift_tests

NOW = 1_700_000_123.0
MODEL = """
  - name: {name}
    version: "1"
    task: regression
    baseline: {{data: {{source: files, path: reference.csv}}}}
    predictions:
      source: files
      path: {path}
      columns: {{timestamp: ts, prediction: answer}}
"""
HEAD = """
mlflow: {tracking_uri: "http://127.0.0.1:9", timeout: 500ms}
state: {url: "sqlite:///state.db"}
evaluation: {interval: 20ms}
models:
"""


def _rows(seed: int, rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, rows)
    return pd.DataFrame({"x": x, "answer": 2 * x, "ts": NOW - np.arange(rows)})


@pytest.fixture
def configure(tmp_path: Path) -> Callable[..., Path]:
    """Writes a configuration of models by name and log; its path."""
    _rows(1, 500).drop(columns="ts").to_csv(tmp_path / "reference.csv", index=False)
    _rows(2, 100).to_csv(tmp_path / "log.csv", index=False)

    def write(**models: str) -> Path:
        path = tmp_path / "config.yml"
        path.write_text(HEAD + "".join(MODEL.format(name=name, path=log) for name, log in models.items()))
        return path

    return write


@pytest.fixture
def started() -> Iterator[Callable[[Path], Application]]:
    """Starts an application that is stopped after the test, when no thread of it may be left."""
    before, running = set(threading.enumerate()), []

    def start(path: Path) -> Application:
        running.append(Application(path, clock=lambda: NOW))
        running[-1].start()
        return running[-1]

    yield start
    for application in running:
        application.stop()
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert not left & {"evaluation", "registry", "runs"}
    assert not any(name.startswith("engine") for name in left)


def _text(application: Application) -> str:
    return b"".join(application.exposition.render()).decode()


def test_every_configured_model_is_evaluated_and_exposed(
    configure: Callable[..., Path], started: Callable[[Path], Application], wait_until: Callable[..., Any]
) -> None:
    """A model whose log is there has its numbers, one whose log is missing its reason, and MLflow is seen as down."""
    application = started(configure(good="log.csv", bad="missing.csv"))
    wait_until(lambda: len(application.results.latest()) == 2, timeout=60)
    text = _text(application)
    assert 'ml_window_rows{model="good",version="1",window="7d"} 100.0' in text
    assert 'ml_exporter_evaluation_success{model="good"} 1.0' in text
    assert 'ml_exporter_evaluation_success{model="bad"} 0.0' in text
    assert "ml_exporter_mlflow_up 0.0" in text
    bad = application.results.get("bad")
    assert bad is not None
    assert "missing.csv: no file is there" in str(bad.problems[0])


def test_a_reload_takes_over_what_changed(
    configure: Callable[..., Path], started: Callable[[Path], Application], wait_until: Callable[..., Any]
) -> None:
    """A new model appears, one that is gone vanishes with all its series, and a kept one counts no row twice."""
    application = started(configure(kept="log.csv", gone="log.csv"))
    wait_until(lambda: len(application.results.latest()) == 2, timeout=60)
    configure(kept="log.csv", new="log.csv")
    application.reload()
    wait_until(lambda: application.results.latest().keys() == {"kept", "new"}, timeout=60)
    wait_until(lambda: 'model="new"' in _text(application), timeout=60)
    text = _text(application)
    assert 'model="gone"' not in text
    assert "ml_exporter_config_last_reload_successful 1.0" in text
    for name in ("kept", "new"):
        assert f'ml_window_rows{{model="{name}",version="1",window="7d"}} 100.0' in text
    assert sorted(application.expected_models()) == ["kept", "new"]


def test_a_registry_that_stays_away_is_logged_once(configure: Callable[..., Path]) -> None:
    """Its silence is logged when it begins, not at every refresh, and so is that it answers again."""
    application = Application(configure(good="log.csv"), clock=lambda: NOW)
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            application._refresh()
        application._parts.catalogue.refresh = lambda: RegistryState(RegistrySnapshot({}, NOW))  # type: ignore[method-assign]
        for _ in range(3):
            application._refresh()
    application.stop()
    assert [(event["log_level"], event["event"]) for event in logs] == [
        ("warning", "the registry does not answer"),
        ("info", "the registry answers again"),
    ]


def test_a_reload_leaves_a_model_alone_whose_settings_did_not_change(
    configure: Callable[..., Path], started: Callable[[Path], Application], wait_until: Callable[..., Any]
) -> None:
    """It goes on with what it has in memory, in the same thread; one that changed is watched anew."""
    application = started(configure(kept="log.csv", changed="log.csv"))
    wait_until(lambda: len(application.results.latest()) == 2, timeout=60)
    monitors = dict(application._parts.monitors)
    configure(kept="log.csv", changed="log.cs*")
    application.reload()
    adopted = {name: monitor is monitors[name] for name, monitor in application._parts.monitors.items()}
    assert adopted == {"kept": True, "changed": False}
    before = application.results.get("kept")
    wait_until(lambda: application.results.get("kept") is not before, timeout=60)
    assert sum(thread.name == "evaluation" for thread in threading.enumerate()) == 2


def test_another_state_begins_anew(
    configure: Callable[..., Path], started: Callable[[Path], Application], wait_until: Callable[..., Any]
) -> None:
    """A reload that names another database has every model counted there, from the first row."""
    path = configure(kept="log.csv")
    application = started(path)
    wait_until(lambda: application.results.get("kept"), timeout=60)
    path.write_text(path.read_text().replace("state.db", "other.db"))
    application.reload()
    before = application.results.get("kept")
    wait_until(lambda: application.results.get("kept") is not before, timeout=60)
    kept = application.results.get("kept")
    assert kept is not None
    assert kept.rows_read == {"predictions": 100}
    assert application.state.endswith("other.db")


def test_a_bad_configuration_changes_nothing(
    configure: Callable[..., Path], started: Callable[[Path], Application], wait_until: Callable[..., Any]
) -> None:
    """The old one stays in force and is evaluated on, the failure is seen, and a good one clears it."""
    path = configure(kept="log.csv")
    application = started(path)
    wait_until(lambda: application.results.get("kept"), timeout=60)
    good, in_force = path.read_text(), application.config_text()
    path.write_text(good.replace("predictions:", "prediction:"))
    with pytest.raises(ConfigurationError, match="did you mean 'predictions'"):
        application.reload()
    assert "ml_exporter_config_last_reload_successful 0.0" in _text(application)
    assert application.config_text() == in_force
    before = application.results.get("kept")
    wait_until(lambda: application.results.get("kept") is not before, timeout=60)
    path.write_text(good)
    application.reload()
    assert "ml_exporter_config_last_reload_successful 1.0" in _text(application)


def test_a_model_that_hangs_holds_up_neither_a_reload_nor_the_stop(
    configure: Callable[..., Path],
    started: Callable[[Path], Application],
    wait_until: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An evaluation that has taken longer than it may is given up at once, and no second one of it is begun."""
    before, may_end, begun = set(threading.enumerate()), threading.Event(), []

    def hang(monitor: Monitor, now: float) -> Evaluation:
        begun.append(monitor)
        may_end.wait(60)
        return monitor.unfinished(now, 0.0)

    monkeypatch.setattr(Monitor, "evaluate", hang)
    path = configure(hung="log.csv")
    path.write_text(path.read_text().replace("interval: 20ms", "interval: 20ms, timeout: 100ms"))
    application = started(path)
    wait_until(lambda: application.results.get("hung"))
    clock = time.monotonic()
    for log in ("log.csv", "log.cs*", "lo*.csv"):
        configure(hung=log)
        application.reload()
    application.stop()
    assert time.monotonic() - clock < 8
    assert len(begun) == 1
    may_end.set()
    wait_until(lambda: set(threading.enumerate()) <= before)


def test_a_state_that_cannot_be_opened_stops_the_start(configure: Callable[..., Path], tmp_path: Path) -> None:
    """At the start it is an error that names the state."""
    path = configure(kept="log.csv")
    (tmp_path / "state.db").write_bytes(b"no database " * 1_000)
    with pytest.raises(StateUnavailable, match=r"state\.db: file is not a database"):
        Application(path)


def test_every_drift_test_can_be_configured() -> None:
    """What a configuration may name is what there is: for numbers all tests, for categories those without order."""
    assert set(drift_tests()) == names.NUMERIC_TESTS
    assert {name for name, test in drift_tests().items() if test.CELLS == "coarse"} == names.CATEGORICAL_TESTS


def test_every_performance_metric_can_be_configured() -> None:
    """The metrics that bounds may be given for are those that are computed."""
    actual = np.array([0, 1, 1, 0, 1, 0] * 20)
    scores = np.linspace(0.1, 0.9, 120)[:, None]
    binary = ClassificationTally.of(
        OutcomeSpec.classification(("0", "1"), "1", scores), actual, (scores[:, 0] > 0.5).astype(int), scores
    )
    numbers = RegressionTally.of(OutcomeSpec.regression(), scores[:, 0], scores[:, 0] + actual)
    assert {found.name for found in classification.measure(binary)} == names.CLASSIFICATION_METRICS
    assert {found.name for found in regression.measure(numbers)} == names.REGRESSION_METRICS
