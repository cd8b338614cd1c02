"""The stack's own servers, with its own configuration but for addresses, waits and secrets."""

from __future__ import annotations

import json
import re
import shutil
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mlflow_exporter.demo import monitoring
from mlflow_exporter.demo.servers import Server

ROOT = Path(__file__).parents[2]
WAITS = {"group_wait": "100ms", "group_interval": "1s"}


@contextmanager
def running(name: str, command: list[str], listen: str, folder: Path, ready: str) -> Iterator[str]:
    """A server in a folder, stopped at the end with all that it started; its URL, once it is ready."""
    server = Server(name, command, f"http://{listen}", folder / f"{name}.log")
    try:
        server.wait_until_ready(ready, timeout=60)
        yield server.address
    finally:
        server.stop()


@contextmanager
def exporter(folder: Path, listen: str, configuration: Mapping[str, Any]) -> Iterator[str]:
    """`mlflow-exporter run` in a folder."""
    (folder / "config.yml").write_text(yaml.safe_dump(dict(configuration)))
    command = [sys.executable, "-m", "mlflow_exporter", "run", "--web.listen-address", listen]
    with running("exporter", command, listen, folder, "/-/ready") as address:
        yield address


@contextmanager
def alertmanager(program: str, folder: Path, listen: str, addresses: Mapping[str, str]) -> Iterator[str]:
    """Alertmanager, which finds its secrets in the folder, and waits for nothing."""
    settings = yaml.safe_load(replaced(ROOT / "alertmanager" / "alertmanager.yml", addresses))
    settings["templates"] = [str(ROOT / "alertmanager" / pattern) for pattern in settings["templates"]]
    impatient(settings["route"])
    config = folder / "alertmanager.yml"
    config.write_text(yaml.safe_dump(settings))
    options = [f"--config.file={config}", f"--storage.path={folder}/alertmanager", f"--web.listen-address={listen}"]
    command = [program, *options, "--cluster.listen-address="]
    with running("alertmanager", command, listen, folder, "/-/ready") as address:
        yield address


def impatient(route: dict[str, Any]) -> None:
    """Let a route and those below it wait for nothing."""
    route |= WAITS
    for below in route.get("routes", ()):
        impatient(below)


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus's API and log."""

    address: str
    log: Path

    def ask(self, path: str, **parameters: str) -> Any:
        """What its API answers; raises AssertionError with the reason where it refuses."""
        try:
            url = f"{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
            return json.loads(fetched(url))["data"]
        except urllib.error.HTTPError as refusal:
            raise AssertionError(json.load(refusal)["error"]) from refusal

    def series(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression now."""
        return list(self.ask("query", query=expression)["result"])

    def alerts(self, **labels: str) -> list[dict[str, Any]]:
        """The alerts with these labels that fire."""
        return [alert for alert in self.ask("alerts")["alerts"] if labels.items() <= alert["labels"].items()]

    def complaints(self) -> list[str]:
        """Its log's warnings and errors: rules that cannot be evaluated, texts that cannot be made."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if re.search(r"level=(warn|error)", line, re.IGNORECASE)]


@contextmanager
def prometheus(
    program: str, folder: Path, listen: str, addresses: Mapping[str, str], servers: tuple[str, ...] = ()
) -> Iterator[Prometheus]:
    """Prometheus, which scrapes every three seconds, and whose rules wait for nothing; `servers` are model servers."""
    own = {"prometheus:9090": listen, **addresses}
    settings = yaml.safe_load(replaced(ROOT / "prometheus" / "prometheus.yml", own))
    # Long enough that a busy machine answers: a scrape that fails resolves every alert.
    settings["global"] = {"scrape_interval": "3s", "scrape_timeout": "3s", "evaluation_interval": "1s"}
    settings["rule_files"] = monitoring._impatient_rules(folder / "rules")
    for job in settings["scrape_configs"]:
        job.pop("scrape_timeout", None)
        # The name is one of the stack's network.
        job.pop("dns_sd_configs", None)
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump(settings))
    shutil.copytree(ROOT / "prometheus" / "targets", folder / "targets")
    (folder / "targets" / "model-servers.yml").write_text(yaml.safe_dump([{"targets": list(servers)}]))
    command = [program, f"--config.file={config}", f"--storage.tsdb.path={folder}/data"]
    command.append(f"--web.listen-address={listen}")
    with running("prometheus", command, listen, folder, "/-/ready") as address:
        yield Prometheus(address, folder / "prometheus.log")


def replaced(path: Path, addresses: Mapping[str, str]) -> str:
    """A configuration with other addresses, each of which it has to name."""
    text = path.read_text(encoding="utf-8")
    for known, other in addresses.items():
        assert known in text, f"{path.name} does not name {known}"
        text = text.replace(known, other)
    return text


def fetched(url: str) -> str:
    """What a server answers; raises urllib's errors."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())
