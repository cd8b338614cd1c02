"""The environment of a configuration file under test."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the good files need is set."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("NO_SUCH_PASSWORD", raising=False)
    monkeypatch.setenv("MLFLOW_PASSWORD", "hunter2")
