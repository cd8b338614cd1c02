"""Prometheus with the stack's rules, and Alertmanager, where they are on the PATH."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mlflow_exporter.demo.servers import Server, port

_STACK = (Path(__file__).parent / "stack", Path(__file__).parents[3])
"""Where the stack's files are: in an installed package, in a checkout."""

_HOST = "host.yml"
_WAITS = ("for", "keep_firing_for")


@dataclass(frozen=True)
class Targets:
    """The addresses of what is watched, and the file with the token of the exporter's alert history."""

    exporter: str
    scoring: str
    token: Path


def start_alertmanager(folder: Path, targets: Targets) -> Server | None:
    """Alertmanager that tells the exporter of every alert, where it is on the PATH."""
    program = shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")
    if program is None:
        return None
    address = f"127.0.0.1:{port(9093)}"
    webhook = {
        "url": f"{targets.exporter}/api/v1/alerts",
        "http_config": {"authorization": {"credentials_file": str(targets.token)}},
    }
    config = folder / "alertmanager.yml"
    route = {"receiver": "history", "group_by": ["alertname", "model"], "group_wait": "1s", "group_interval": "5s"}
    _write(config, {"route": route, "receivers": [{"name": "history", "webhook_configs": [webhook]}]})
    # It would look for others of its kind.
    alone = "--cluster.listen-address="
    command = [program, f"--config.file={config}", f"--storage.path={folder}/alertmanager", alone]
    log = folder / "alertmanager.log"
    return Server("Alertmanager", [*command, f"--web.listen-address={address}"], f"http://{address}", log)


def start_prometheus(folder: Path, targets: Targets, alertmanager: Server | None) -> Server | None:
    """Prometheus that scrapes every five seconds and alerts at once, where it is on the PATH."""
    program = shutil.which("prometheus")
    if program is None:
        return None
    config = folder / "prometheus.yml"
    jobs = {"mlflow-exporter": targets.exporter, "model-servers": targets.scoring}
    alertmanagers = {"alertmanager": alertmanager.address} if alertmanager else {}
    settings = {
        "global": {"scrape_interval": "5s", "evaluation_interval": "5s"},
        "rule_files": _impatient_rules(folder / "rules"),
        "scrape_configs": [{"job_name": name, **_at(address)} for name, address in (jobs | alertmanagers).items()],
        "alerting": {"alertmanagers": [_at(address) for address in alertmanagers.values()]},
    }
    _write(config, settings)
    address = f"127.0.0.1:{port(9090)}"
    command = [program, f"--config.file={config}", f"--storage.tsdb.path={folder}/prometheus"]
    log = folder / "prometheus.log"
    # By its own guess alerts would link to the machine's name, where it does not listen.
    addresses = [f"--web.listen-address={address}", f"--web.external-url=http://{address}"]
    return Server("Prometheus", [*command, *addresses], f"http://{address}", log)


def rules() -> list[Path]:
    """The files of the stack's rules."""
    return sorted(path for stack in _STACK for path in stack.glob("prometheus/rules/*.yml"))


def _impatient_rules(folder: Path) -> list[str]:
    """Copies of the rules in the folder that wait for nothing, since nobody watches a demo for a quarter of an hour.

    Those of the host are left out: what keeps a machine busy for a moment while everything starts is no incident.
    """
    folder.mkdir()
    for path in (path for path in rules() if path.name != _HOST):
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        for group in loaded["groups"]:
            group["rules"] = [{k: v for k, v in rule.items() if k not in _WAITS} for rule in group["rules"]]
        _write(folder / path.name, loaded)
    return [str(folder / "*.yml")]


def _at(address: str) -> dict[str, Any]:
    return {"static_configs": [{"targets": [address.removeprefix("http://")]}]}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=200), encoding="utf-8")
