"""The guide's server under a real gunicorn with two workers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

pytest.importorskip("gunicorn")
ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guides" / "gunicorn.md"


@dataclass
class Server:
    """A running server, and where its files are."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def predict(self, age: int) -> bool:
        """Whether a prediction was answered."""
        body = json.dumps({"age": age}).encode()
        request = urllib.request.Request(f"{self.url}/predict", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def metric(self, name: str) -> float:
        """The sum of a metric's samples."""
        with urllib.request.urlopen(f"{self.url}/metrics/", timeout=10) as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)

    def workers(self) -> list[int]:
        """The processes that answer."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


@pytest.fixture
def server(tmp_path: Path, free_port: Callable[[], int], wait_until: Callable[..., Any]) -> Iterator[Server]:
    """The guide's files, served as the guide says."""
    configuration, code = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "gunicorn.conf.py").write_text(configuration)
    (tmp_path / "server.py").write_text(code)
    (tmp_path / "metrics").mkdir()
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"),
        "PYTHONPATH": f"{ROOT / 'exporter'}{os.pathsep}{tmp_path}",
    }
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "--workers", "2", "server:app"]
    with (tmp_path / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{port}"], cwd=tmp_path, env=environment, stdout=log, stderr=log
        )
    running = Server(f"http://127.0.0.1:{port}", tmp_path, process)
    try:
        wait_until(lambda: running.predict(0), timeout=60)
        yield running
    finally:
        process.terminate()
        process.wait(30)


def test_totals_stay_right_when_a_worker_is_killed_under_load(
    server: Server, wait_until: Callable[..., Any], rows_in: Any
) -> None:
    """No answer that a client got is missing in the metrics, nothing hangs in progress, no logged row comes twice."""
    before = server.metric("ml_predictions_total")
    answered: list[bool] = []
    wait_until(lambda: len(server.workers()) == 2, timeout=30)

    def load() -> None:
        answered.extend(server.predict(44) for _ in range(150))

    clients = [threading.Thread(target=load) for _ in range(4)]
    for client in clients:
        client.start()
    wait_until(lambda: server.metric("ml_predictions_total") > before + 100, timeout=60)
    os.kill(server.workers()[0], signal.SIGKILL)
    for client in clients:
        client.join()
    wait_until(lambda: len(server.workers()) == 2 and server.predict(44), timeout=30)
    answered.append(True)
    counted = server.metric("ml_predictions_total") - before
    # A request that the killed worker had counted and not yet answered is counted, and its client saw an error.
    assert sum(answered) <= counted <= len(answered)
    assert server.metric("ml_prediction_latency_seconds_count") == server.metric("ml_predictions_total")
    wait_until(lambda: server.metric("ml_predictions_in_progress") == 0)
    assert server.metric("ml_instrument_errors_total") == server.metric("ml_prediction_log_dropped_total") == 0
    server.process.terminate()
    assert server.process.wait(30) == 0
    names = [row["request_id"] for row in rows_in(server.folder / "logs")]
    assert len(names) == len(set(names))
    # What the killed worker was told within its last fifth of a second is lost; the others' rows are all there.
    assert len(names) >= sum(answered) / 2
