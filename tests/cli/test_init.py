from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

import mlflow_exporter
from mlflow_exporter.config.loading import load


def test_a_configuration_is_printed(invoke: Callable[..., Any], folder: Any, registered: Any) -> None:
    """Without a file the configuration is on stdout, and nothing else is."""
    name = registered.model()
    result = invoke("init", "--tracking-uri", registered.uri, "--model", name)
    assert (result.exit_code, result.stderr) == (0, "")
    (folder.path / "config.yml").write_text(result.stdout, encoding="utf-8")
    assert [model.name for model in load("config.yml").models] == [name]


def test_a_file_is_written_and_what_comes_next_is_said(
    invoke: Callable[..., Any], folder: Any, registered: Any
) -> None:
    """The address may come from the environment."""
    name = registered.model()
    result = invoke("init", "--model", name, "--output", "new.yml", MLFLOW_TRACKING_URI=registered.uri)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Fill in what is marked with CHANGE, then: mlflow-exporter check" in result.stderr
    assert [model.name for model in load("new.yml").models] == [name]


def test_a_file_is_not_overwritten(invoke: Callable[..., Any], configured: Any, registered: Any) -> None:
    """An existing file stays as it is, unless --force says otherwise."""
    before = (configured.path / "config.yml").read_text()
    chosen = ["--tracking-uri", registered.uri, "--model", registered.model(), "--output", "config.yml"]
    refused = invoke("init", *chosen)
    assert refused.exit_code == 2
    assert "config.yml exists already; give --force to overwrite it." in refused.stderr
    assert (configured.path / "config.yml").read_text() == before
    assert invoke("init", *chosen, "--force").exit_code == 0
    assert (configured.path / "config.yml").read_text() != before


def test_no_server_is_wrong_usage(invoke: Callable[..., Any], folder: Any) -> None:
    """The server must be named somewhere."""
    result = invoke("init")
    assert result.exit_code == 2
    assert "Missing option '--tracking-uri'" in result.stderr


def test_a_dead_server_ends_with_1(invoke: Callable[..., Any], folder: Any) -> None:
    """A server that does not answer is an error in a line."""
    result = invoke("init", "--tracking-uri", "http://127.0.0.1:9")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: http://127.0.0.1:9: MLflow did not answer (Connection refused)")


def test_nothing_but_the_option_is_needed(folder: Any, registered: Any) -> None:
    """A model of MLflow 3 is read in a process without MLFLOW_TRACKING_URI, which leaves no file behind."""
    name = registered.model()
    client = MlflowClient(registered.uri)
    run_id = client.get_model_version(name, "1").run_id
    model = client.create_logged_model("0", name="model", source_run_id=run_id)
    signed = 'signature: {inputs: \'[{"type": "double", "name": "years"}]\'}'
    (folder.path / "MLmodel").write_text(signed, encoding="utf-8")
    client.log_model_artifact(model.model_id, str(folder.path / "MLmodel"))
    (folder.path / "MLmodel").unlink()
    command = [sys.executable, "-m", "mlflow_exporter", "init", "--tracking-uri", registered.uri, "--model", name]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(mlflow_exporter.__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "# Its features, by its signature: years (double)" in done.stdout
    assert list(folder.path.iterdir()) == []
