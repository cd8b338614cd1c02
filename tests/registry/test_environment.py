from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mlflow_exporter
from mlflow_exporter.registry.environment import prepare


def prepared(monkeypatch: pytest.MonkeyPatch, **given: str) -> dict[str, str]:
    """The environment that an operator gave, after it was prepared."""
    environment = dict(given)
    monkeypatch.setattr(os, "environ", environment)
    prepare(2.5)
    return environment


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter whose environment tells MLflow nothing."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(mlflow_exporter.__file__).parents[1])}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)


@pytest.mark.parametrize("given", ({}, {"DO_NOT_TRACK": "1"}, {"DO_NOT_TRACK": "false"}))
def test_telemetry_is_off(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow's own switch is off even where the operator wrote a DO_NOT_TRACK that MLflow does not understand."""
    assert prepared(monkeypatch, **given)["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_telemetry_stays_on_where_the_operator_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An explicit setting is not overruled, neither directly nor by the other switch."""
    environment = prepared(monkeypatch, MLFLOW_DISABLE_TELEMETRY="false")

    assert environment["MLFLOW_DISABLE_TELEMETRY"] == "false"
    assert "DO_NOT_TRACK" not in environment


def test_the_operators_settings_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries and log level of the environment win; the timeout is the configuration's, in whole seconds."""
    given = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "4", "MLFLOW_LOGGING_LEVEL": "DEBUG"}
    environment = prepared(monkeypatch, **given, MLFLOW_HTTP_REQUEST_TIMEOUT="120")

    assert given.items() <= environment.items()
    assert environment["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "3"


def test_a_log_level_that_was_chosen_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries are not logged, unless somebody asked for them."""
    logger = logging.getLogger("urllib3.connectionpool")
    monkeypatch.setattr(logger, "level", logging.NOTSET)
    prepared(monkeypatch)
    silenced = logger.level
    logger.level = logging.DEBUG
    prepared(monkeypatch)

    assert (silenced, logger.level) == (logging.ERROR, logging.DEBUG)


def test_mlflow_loads_when_it_is_first_asked_without_telemetry_or_noise() -> None:
    """Importing the room loads no MLflow; the first call does, sends nothing home and prints nothing."""
    done = run(
        "import sys\n"
        "from mlflow_exporter.errors import RegistryUnavailable\n"
        "from mlflow_exporter.registry.registry import Registry\n"
        "registry = Registry('http://127.0.0.1:9')\n"
        "assert not {'mlflow', 'requests', 'pandas', 'numpy', 'pyarrow'} & sys.modules.keys()\n"
        "try:\n"
        "    registry.snapshot()\n"
        "except RegistryUnavailable:\n"
        "    from mlflow.telemetry import get_telemetry_client\n"
        "    assert get_telemetry_client() is None\n"
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
