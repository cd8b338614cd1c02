"""scripts/backup and scripts/restore, with a real Prometheus."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.state.store import Store

QUERY = "/api/v1/query?query=count_over_time(up%5B1h%5D)"


@dataclass
class Machine:
    """Where Prometheus, Grafana and the state are, and what the scripts are told of it."""

    root: Path
    folder: Path
    prometheus: str
    port: int
    wait_until: Callable[..., Any]
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        for name in ("prometheus", "grafana"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "state_url").write_text(f"sqlite:///{self.folder}/state.db\n")
        self.environment = {
            # The command is beside the interpreter of the tests.
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PROMETHEUS_URL": self.address,
            "PROMETHEUS_DATA": str(self.folder / "prometheus"),
            "GRAFANA_DATA": str(self.folder / "grafana"),
            "STATE_URL_FILE": str(self.folder / "state_url"),
            "BACKUPS": str(self.folder.parent / "backups"),
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Prometheus, scraping itself."""
        config = self.folder / "prometheus.yml"
        scrape = {"job_name": "self", "static_configs": [{"targets": [self.address.removeprefix("http://")]}]}
        config.write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [scrape]}))
        options = [f"--storage.tsdb.path={self.folder}/prometheus", "--web.enable-admin-api"]
        command = [self.prometheus, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{self.port}", *options]
        server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            self.wait_until(lambda: self.answers("/-/ready"), timeout=30)
            yield
        finally:
            server.terminate()
            server.wait(30)

    def answers(self, path: str) -> str | None:
        """What Prometheus answers, None where it does not."""
        try:
            with urllib.request.urlopen(f"{self.address}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, OSError):
            return None

    def samples(self) -> int:
        """How many times Prometheus has scraped in the last hour."""
        result = json.loads(self.answers(QUERY) or "{}").get("data", {}).get("result", [])
        return int(result[0]["value"][1]) if result else 0

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script, and return what it said."""
        command = [sys.executable, str(self.root / "scripts" / script), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)


@pytest.fixture
def machine(
    root: Path,
    tmp_path: Path,
    prometheus_binary: str,
    free_port: Callable[[], int],
    wait_until: Callable[..., Any],
) -> Machine:
    """A machine with a database of Grafana and a state of one counter."""
    made = Machine(root, tmp_path / "machine", prometheus_binary, free_port(), wait_until)
    with closing(sqlite3.connect(made.folder / "grafana" / "grafana.db")) as grafana, grafana:
        grafana.execute("CREATE TABLE annotation (text)")
        grafana.execute("INSERT INTO annotation VALUES ('deployed')")
    count(made, 7)
    return made


def count(machine: Machine, rows: int) -> None:
    """Add to the state's counter."""
    store = Store(f"sqlite:///{machine.folder}/state.db")
    with store.transaction() as transaction:
        transaction.counters.add("churn", "read", {"predictions": rows})
    store.close()


def counted(machine: Machine) -> int:
    """The state's counter."""
    store = Store(f"sqlite:///{machine.folder}/state.db")
    with store.reading() as transaction:
        rows = transaction.counters.of("churn", "read")["predictions"]
    store.close()
    return rows


def noted(machine: Machine) -> list[tuple[str]]:
    """What Grafana's database holds."""
    with closing(sqlite3.connect(machine.folder / "grafana" / "grafana.db")) as grafana:
        return list(grafana.execute("SELECT text FROM annotation"))


def test_all_is_there_after_everything_was_lost(machine: Machine) -> None:
    """A backup made while all runs brings back samples, dashboards and counts on an empty machine."""
    with machine.running():
        machine.wait_until(lambda: machine.samples() >= 3, timeout=30)
        before = machine.samples()
        done = machine.run("backup", "monday")
        assert done.returncode == 0, done.stderr
        assert not list(Path(machine.environment["PROMETHEUS_DATA"], "snapshots").iterdir())
    for name in ("prometheus", "grafana"):
        shutil.rmtree(machine.folder / name)
        (machine.folder / name).mkdir()
    (machine.folder / "state.db").unlink()
    done = machine.run("restore", "monday")
    assert done.returncode == 0, done.stderr
    with machine.running():
        machine.wait_until(lambda: machine.samples() >= before, timeout=30)
    assert noted(machine) == [("deployed",)]
    assert counted(machine) == 7


def test_what_is_there_is_kept_unless_it_is_to_be_replaced(machine: Machine) -> None:
    """A restore onto a machine in use changes nothing; with --replace everything is as it was backed up."""
    del machine.environment["PROMETHEUS_URL"]
    assert machine.run("backup", "monday").returncode == 0
    count(machine, 5)
    refused = machine.run("restore", "monday")
    assert refused.returncode == 1
    assert "has a database of Grafana" in refused.stderr
    assert counted(machine) == 12
    assert machine.run("restore", "monday", "--replace").returncode == 0
    assert counted(machine) == 7


def test_a_state_in_use_keeps_everything_from_being_restored(machine: Machine) -> None:
    """Where only the state is there already, neither Grafana nor the state changes."""
    del machine.environment["PROMETHEUS_URL"]
    assert machine.run("backup", "monday").returncode == 0
    count(machine, 5)
    (machine.folder / "grafana" / "grafana.db").unlink()
    refused = machine.run("restore", "monday")
    assert refused.returncode == 1
    assert "there is a state already" in refused.stderr
    assert not (machine.folder / "grafana" / "grafana.db").exists()
    assert counted(machine) == 12


def test_half_a_backup_is_none(machine: Machine) -> None:
    """Where a part cannot be backed up, the command fails and leaves nothing that looks like a backup."""
    failed = machine.run("backup", "monday")
    assert failed.returncode == 1
    assert "Connection refused" in failed.stderr
    assert not Path(machine.environment["BACKUPS"], "monday").exists()


@pytest.mark.parametrize("arguments", ((), ("../etc",), ("a", "b"), ("--help",)))
def test_a_wrong_use_is_told(machine: Machine, arguments: tuple[str, ...]) -> None:
    """Without exactly one plain name, the scripts say how they are used."""
    done = machine.run("backup", *arguments)
    assert done.returncode == 1
    assert "backup NAME" in done.stderr


def test_a_backup_that_is_not_there(machine: Machine) -> None:
    """A restore from a name that was never backed up says so, and changes nothing."""
    done = machine.run("restore", "tuesday")
    assert done.returncode == 1
    assert "there is no backup" in done.stderr
    assert counted(machine) == 7
