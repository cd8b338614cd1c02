from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mlflow_exporter.demo import monitoring
from mlflow_exporter.demo.monitoring import Targets, rules, start_alertmanager, start_prometheus

ROOT = Path(__file__).parents[2]


@pytest.fixture
def targets(tmp_path: Path) -> Targets:
    """Addresses where nothing listens."""
    return Targets("http://127.0.0.1:9", "http://127.0.0.1:9", tmp_path / "token")


def test_what_is_not_installed_is_not_started(
    tmp_path: Path, targets: Targets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where neither Prometheus nor Alertmanager is on the PATH nothing is started, and nothing written."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert start_alertmanager(tmp_path, targets) is None
    assert start_prometheus(tmp_path, targets, None) is None
    assert list(tmp_path.iterdir()) == []


def test_the_rules_are_those_of_the_stack() -> None:
    """Every file of rules of the stack is found."""
    assert rules() == sorted(ROOT.glob("prometheus/rules/*.yml"))
    assert len(rules()) > 5


def test_alerts_do_not_wait(tmp_path: Path) -> None:
    """The demo's copies are the stack's rules, but that none waits before it fires, and none is about the host."""
    (pattern,) = monitoring._impatient_rules(tmp_path / "rules")
    copies = sorted((tmp_path / "rules").glob(Path(pattern).name))
    copied = [path for path in rules() if path.name != "host.yml"]
    assert [copy.name for copy in copies] == [path.name for path in copied]
    assert len(copied) == len(rules()) - 1
    for copy, path in zip(copies, copied, strict=True):
        original = yaml.safe_load(path.read_text())
        for group in original["groups"]:
            for rule in group["rules"]:
                rule.pop("for", None)
                rule.pop("keep_firing_for", None)
        assert yaml.safe_load(copy.read_text()) == original


def test_alerts_lead_to_where_prometheus_listens(
    tmp_path: Path, targets: Targets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address in the links of its alerts is the one that it serves, not the machine's name."""
    program = tmp_path / "prometheus"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    server = start_prometheus(tmp_path, targets, None)
    assert server is not None
    server._process.wait(timeout=30)
    told = (tmp_path / "prometheus.log").read_text().split()
    assert f"--web.external-url={server.address}" in told
    assert f"--web.listen-address={server.address.removeprefix('http://')}" in told
