from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest

from mlflow_exporter.errors import RegistryUnavailable
from mlflow_exporter.registry.address import Address
from mlflow_exporter.registry.server import server_version


def test_a_server_tells_its_version(mlflow_server: str) -> None:
    """The shared server is of the version that is installed here."""
    assert server_version(Address(mlflow_server), 60) == mlflow.__version__


def test_a_database_has_no_version(tmp_path: Path) -> None:
    """Where nobody serves the address, there is nobody to tell."""
    assert server_version(Address(f"sqlite:///{tmp_path}/mlflow.db"), 5) is None


@pytest.mark.parametrize(("status", "body"), ((404, "not found"), (401, "who are you?"), (200, "<html>…</html>")))
def test_another_answer_is_no_version(answering: Callable[[int, str], str], status: int, body: str) -> None:
    """A proxy in front may say anything."""
    assert server_version(Address(answering(status, body)), 60) is None


def test_silence_is_an_error(dead_uri: str) -> None:
    """A server that is not there is told as every other question to it."""
    with pytest.raises(RegistryUnavailable):
        server_version(Address(dead_uri), 5)
