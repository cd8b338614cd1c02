"""Prometheus' own tools on the rules: the one installed, and any other that PROMETHEUS names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

INSTALLED = "installed"

# Paths of Prometheus servers, separated as in PATH; promtool is beside each.
GIVEN = [path for path in os.environ.get("PROMETHEUS", "").split(os.pathsep) if path]


@pytest.fixture(scope="session", params=[INSTALLED, *GIVEN])
def promtool(request: pytest.FixtureRequest, promtool: str) -> str:
    """The path of each promtool to test with."""
    return promtool if request.param == INSTALLED else str(Path(request.param).with_name("promtool"))


@pytest.fixture
def run_promtool(promtool: str) -> Callable[..., str]:
    """`run_promtool("test", "rules", file)` returns what promtool says, and fails where it does."""

    def run(*arguments: str | Path) -> str:
        done = subprocess.run([promtool, *map(str, arguments)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
