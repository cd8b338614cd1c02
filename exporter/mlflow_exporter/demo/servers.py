"""The servers that a demo starts, each ended with everything it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from mlflow_exporter.errors import MlflowExporterError

_GRACE_SECONDS = 10.0


class ServerFailed(MlflowExporterError):
    """A server of the demo did not start, or ended by itself."""


class Server:
    """A server in a process group of its own, so that neither Ctrl-C nor its end leaves a part of it behind."""

    def __init__(self, name: str, command: Sequence[str], address: str, log: Path, **environment: str) -> None:
        self.name, self.address, self._log = name, address, log
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - commands of this module, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=log.parent,
                env={**os.environ, **environment},
                start_new_session=True,
            )

    def wait_until_ready(self, path: str, timeout: float) -> None:
        """Wait until it answers under a path; raises ServerFailed where it ends, or is silent for too long."""
        deadline = time.monotonic() + timeout
        while not answers(f"{self.address}{path}"):
            self.require_running()
            if time.monotonic() > deadline:
                raise ServerFailed(f"is not ready after {timeout:.0f} s", where=self.name, mend=f"see {self._log}")
            threading.Event().wait(0.2)

    def require_running(self) -> None:
        """Raise ServerFailed, with the end of its log, where it has ended."""
        if self._process.poll() is not None:
            tail = self._log.read_text(errors="replace")[-1_000:].strip()
            raise ServerFailed(f"ended with exit code {self._process.returncode}", where=self.name, mend=tail)

    def stop(self) -> None:
        """End its whole group: politely, and after ten seconds not."""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            # What the leader left behind goes with it.
            self._signal(signal.SIGKILL)
            self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return


def answers(url: str) -> bool:
    """Whether a GET of the URL succeeds."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - addresses of this demo's own servers
            return bool(200 <= answer.status < 300)
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return False
    except OSError:
        return False


def port(wanted: int) -> int:
    """The wanted port of this machine where it is free, else any free one."""
    for candidate in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServerFailed("no port is free", where="127.0.0.1")


def start_mlflow(folder: Path) -> Server:
    """An MLflow tracking server on SQLite."""
    address = f"http://127.0.0.1:{port(5000)}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", address.rpartition(":")[2]]
    stores = [f"--backend-store-uri=sqlite:///{folder}/mlflow.db", f"--artifacts-destination={folder}/artifacts"]
    # The job runner would start eight more processes of 240 MB.
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return Server("MLflow", [*command, "--workers", "1", *stores], address, folder / "mlflow.log", **quiet)


def start_exporter(folder: Path, config: Path) -> Server:
    """The exporter, as `mlflow-exporter run`."""
    address = f"127.0.0.1:{port(10_045)}"
    command = [sys.executable, "-m", "mlflow_exporter", "run", "--config.file", str(config)]
    return Server("exporter", [*command, "--web.listen-address", address], f"http://{address}", folder / "exporter.log")


def start_scoring(folder: Path, model: str, tracking_uri: str, log: Path, bins: Path) -> Server:
    """The scoring server of a model's champion, as `mlflow-exporter serve`; it counts inputs in these bins."""
    address = f"127.0.0.1:{port(8080)}"
    command = [sys.executable, "-m", "mlflow_exporter", "serve", "--model-uri", f"models:/{model}@champion"]
    options = ["--tracking-uri", tracking_uri, "--listen", address, "--prediction-log", str(log)]
    more = ["--bins", str(bins), "--log.level", "warn"]
    return Server("scoring server", [*command, *options, *more], f"http://{address}", folder / "scoring.log")
