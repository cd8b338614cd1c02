"""What every room's tests share: real servers and browsers, free ports, and waiting without sleeping."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# Machines are busy at times: how long an example takes says nothing of what is tested.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")

# Before any test imports mlflow: no telemetry from tests.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")

NOT_TESTED = "NOT TESTED, not installed: "
SHARED = pytest.StashKey[Path]()
SERVER = pytest.StashKey[subprocess.Popen[bytes]]()
POLL_SECONDS = 0.02


# What the processes of a parallel run share: a folder that the controlling process makes and removes.


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that all processes of this run share, or take it from the controlling one."""
    given = getattr(config, "workerinput", {}).get("shared_folder")
    config.stash[SHARED] = Path(given or tempfile.mkdtemp(prefix="mlflow-exporter-tests-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker process where the shared folder is."""
    node.workerinput["shared_folder"] = str(node.config.stash[SHARED])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the shared servers and remove their folder, once every worker is done."""
    if hasattr(config, "workerinput"):
        return
    for started in config.stash[SHARED].glob("*/server.json"):
        _stop_group(json.loads(started.read_text())["pid"])
    shutil.rmtree(config.stash[SHARED], ignore_errors=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly what was not tested because a program is missing."""
    reasons = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])]
    missing = [reason.split(NOT_TESTED)[1] for reason in reasons if NOT_TESTED in reason]
    if not missing:
        return
    terminalreporter.section("NOT EVERYTHING WAS TESTED", sep="!", red=True, bold=True)
    for program in sorted(set(missing)):
        terminalreporter.line(f"{missing.count(program)} tests skipped: {program}", red=True, bold=True)


# Programs that tests drive when they are installed.


def _program(*names: str, package: str) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    return found or pytest.skip(f"{NOT_TESTED}{names[0]} (apt-get install {package})")


@pytest.fixture(scope="session")
def prometheus_binary() -> str:
    """The path of a real Prometheus server."""
    return _program("prometheus", package="prometheus")


@pytest.fixture(scope="session")
def promtool() -> str:
    """The path of promtool, which checks metrics and rules."""
    return _program("promtool", package="prometheus")


@pytest.fixture(scope="session")
def alertmanager_binary() -> str:
    """The path of a real Alertmanager; Debian prefixes its name."""
    return _program("prometheus-alertmanager", "alertmanager", package="prometheus-alertmanager")


@pytest.fixture(scope="session")
def chromium_binary() -> str:
    """The path of a Chromium for Playwright's `executable_path`."""
    return _program("chromium", "chromium-browser", "google-chrome", package="chromium")


# Ports and waiting.


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Call it for a TCP port of 127.0.0.1 that nothing listens on."""

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., Any]:
    """`wait_until(condition, timeout=10)` returns the first true value of condition(), or fails at the timeout."""
    return _wait_until


def _wait_until(condition: Callable[[], Any], timeout: float = 10) -> Any:
    pause, deadline = threading.Event(), time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"{getattr(condition, '__name__', condition)} did not become true in {timeout} s")
        pause.wait(POLL_SECONDS)
    return value


# A real tracking server, one for the whole run.


@pytest.fixture(scope="session")
def mlflow_server(pytestconfig: pytest.Config, free_port: Callable[[], int]) -> str:
    """The URI of a real MLflow server on SQLite; every test of the run shares it, so name models uniquely."""
    folder = pytestconfig.stash[SHARED] / "mlflow"
    folder.mkdir(exist_ok=True)
    with _only_one(folder / "lock"):
        started = folder / "server.json"
        if not started.exists():
            pytestconfig.stash[SERVER] = _start_mlflow(folder, free_port(), started)
        return str(json.loads(started.read_text())["uri"])


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start_mlflow(folder: Path, port: int, started: Path) -> subprocess.Popen[bytes]:
    uri = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    stores = [f"--backend-store-uri=sqlite:///{folder}/mlflow.db", f"--artifacts-destination={folder}/artifacts"]
    # Its job runner would start eight more processes of 240 MB.
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("wb") as log:
        # A session of its own, so that the server and its workers are stopped as one group.
        server = subprocess.Popen(
            [*command, *stores], stdout=log, stderr=log, cwd=folder, env=environment, start_new_session=True
        )
    started.write_text(json.dumps({"pid": server.pid, "uri": uri}))
    _wait_until(lambda: _healthy(uri) or _ended(server, folder / "log"), timeout=150)
    return server


def _healthy(uri: str) -> bool:
    try:
        with urllib.request.urlopen(f"{uri}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _ended(server: subprocess.Popen[bytes], log: Path) -> bool:
    if server.poll() is not None:
        pytest.fail(f"mlflow server ended with {server.returncode}:\n{log.read_text()[-2000:]}")
    return False


def _stop_group(pid: int) -> None:
    for sent in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(pid, sent)
        except ProcessLookupError:
            return
        threading.Event().wait(1 if sent is signal.SIGTERM else 0)


@pytest.fixture
def no_tracking_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty working directory of a process that has no tracking URI."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr("mlflow.tracking._tracking_service.utils._tracking_uri", None)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    return empty
