"""Alertmanager's own tool on its configuration."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def run_amtool(alertmanager_binary: str) -> Callable[..., str]:
    """`run_amtool("check-config", file)` returns what amtool says, and fails where it does."""
    amtool = shutil.which("amtool", path=str(Path(alertmanager_binary).parent)) or shutil.which("amtool")
    assert amtool, "there is an Alertmanager, but no amtool beside it"

    def run(*arguments: str | Path) -> str:
        done = subprocess.run([amtool, *map(str, arguments)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
