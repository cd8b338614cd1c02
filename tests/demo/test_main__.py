"""The parts of the demo that the stack runs one by one."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlflow_exporter.demo import __main__ as parts
from mlflow_exporter.demo.models import DemoModels
from mlflow_exporter.demo.requests import Client


@pytest.fixture
def runner(mlflow_server: str) -> CliRunner:
    """Runs a part against the shared server."""
    return CliRunner(env={"MLFLOW_TRACKING_URI": mlflow_server})


def test_models_are_made_once(runner: CliRunner, demo_of_own: DemoModels, tmp_path: Path) -> None:
    """Where the models are registered already, nothing is trained again."""
    result = runner.invoke(parts.demo, ["models", "--bins", str(tmp_path / "bins.json")])
    assert result.exit_code == 0, result.output
    assert result.output == "the models are registered already\n"


def test_traffic_flows_until_sigterm(
    runner: CliRunner,
    demo_of_own: DemoModels,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wait_until: Callable[..., Any],
) -> None:
    """The history is written, live rows are asked for, labels and batches follow; SIGTERM ends it with exit code 0."""
    asked: list[str] = []
    monkeypatch.setattr(Client, "ask", lambda self, request_id, features: asked.append(request_id))

    def stop() -> None:
        wait_until(lambda: asked and any(tmp_path.glob("batches/*.parquet")), timeout=60)
        signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    stopper = threading.Thread(target=stop)
    stopper.start()
    try:
        options = ["--server", "http://127.0.0.1:9", "--folder", str(tmp_path)]
        result = runner.invoke(parts.demo, ["traffic", *options])
    finally:
        stopper.join()
        signal.signal(signal.SIGTERM, before)
    assert result.exit_code == 0, result.output
    (history,) = tmp_path.glob(f"served/{demo_of_own.classifier.key.folder}/history-*.jsonl")
    row = json.loads(history.read_text(encoding="utf-8").splitlines()[0])
    assert row["model"] == demo_of_own.classifier.key.name
    assert asked[0] > row["request_id"]
