from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from mlflow import MlflowClient

from mlflow_exporter.alerting.alerting import ALERTS_KEPT, Receipt
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ConfigurationError, NotificationError, StateUnavailable
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.snapshot import RegisteredModel, RegisteredVersion, RegistrySnapshot
from mlflow_exporter.state.alerts import Alert

ECHO = "  actions: [{name: echo, kind: command, match: [severity=critical], command: [echo, hi], dry_run: false}]\n"
# Receives one notification without starting what follows, and then is killed.
KILLED = """
import os, signal, sys, time
from pathlib import Path
from mlflow_exporter.alerting.alerting import Alerting
from mlflow_exporter.alerting.tally import Tally
from mlflow_exporter.alerting.workers import Workers
from mlflow_exporter.config.loading import parse
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.state.store import Store
folder = Path(sys.argv[1])
store, registry = Store(f"sqlite:///{folder}/state.db"), Registry("http://127.0.0.1:9")
settings = parse((folder / "config.yml").read_text(), folder / "config.yml").alerting
alerting = Alerting(settings, store, registry, Workers(), Tally(), lambda: 2_000.0)
print(alerting.receive((folder / "notification").read_bytes()), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_is_told_is_kept_counted_and_followed(
    desk: Any, alert: Callable[..., Alert], notify: Callable[..., bytes], wait_until: Callable[..., Any]
) -> None:
    """A firing, its repetition and its resolution: one alert, two counts, one run."""
    alerting = desk.alerting(ECHO)
    assert alerting.receive(notify(alert(), alert("f2", severity="warning"))) == Receipt(2, 2)
    assert alerting.receive(notify(alert())) == Receipt(1, 0)
    wait_until(lambda: desk.outcomes() == ["succeeded"])
    assert alerting.receive(notify(alert(ends_at=1_900.0))) == Receipt(1, 1)
    history = alerting.history(model=None, status=None, limit=10)
    assert [known.alert.status for known in history.alerts] == ["resolved", "firing"]
    assert (history.firing, history.resolved, history.models) == (1, 1, ["churn"])
    (runs,) = history.runs.values()
    assert [run.output for run in runs] == ["hi"]
    assert desk.tally.notifications["FeatureDrift", "critical", "resolved"] == 1
    assert desk.tally.runs["echo", "succeeded"] == 1


def test_nothing_follows_a_firing_that_is_over(
    desk: Any, alert: Callable[..., Alert], notify: Callable[..., bytes]
) -> None:
    """Where the resolution came first, the late firing is kept and starts nothing."""
    alerting = desk.alerting(ECHO, start=False)
    alerting.receive(notify(alert(ends_at=1_500.0)))
    assert alerting.receive(notify(alert())) == Receipt(1, 1)
    assert desk.outcomes() == []


def test_a_bad_notification_changes_nothing(
    desk: Any, alert: Callable[..., Alert], notify: Callable[..., bytes]
) -> None:
    """One wrong alert among right ones refuses them all, since Alertmanager sends none."""
    alerting = desk.alerting(ECHO, start=False)
    with pytest.raises(NotificationError, match=r"alerts\[1\]\.fingerprint"):
        alerting.receive(notify(alert(), alert("not one")))
    assert alerting.history(model=None, status=None, limit=10).alerts == []


def test_a_state_that_is_away_refuses(desk: Any, alert: Callable[..., Alert], notify: Callable[..., bytes]) -> None:
    """Nothing counts as told that was not stored, so that Alertmanager sends it again."""
    alerting = desk.alerting(ECHO, start=False)
    desk.store.close()
    for file in desk.folder.glob("state.db*"):
        file.unlink()
    (desk.folder / "state.db").mkdir()
    with pytest.raises(StateUnavailable):
        alerting.receive(notify(alert()))
    assert desk.tally.notifications == {}
    alerting.tend()
    alerting.start()


def test_a_slow_action_does_not_hold_up_the_next_notification(
    desk: Any, alert: Callable[..., Alert], notify: Callable[..., bytes], wait_until: Callable[..., Any]
) -> None:
    """The answer to Alertmanager does not wait for what follows, whose end is the exporter's at the latest."""
    slow = "  actions: [{name: s, kind: command, match: [a!=b], command: [sleep, '600'], dry_run: false}]\n"
    alerting = desk.alerting(slow)
    alerting.receive(notify(alert()))
    wait_until(lambda: desk.outcomes() == ["running"])
    assert alerting.receive(notify(alert("f2"))) == Receipt(1, 1)
    alerting.end()
    assert desk.workers.stop(timeout=30)
    assert desk.outcomes() == ["failed", "waiting"]
    assert desk.runs()[0].output == "it was ended, since the exporter was, without a word"


def test_what_waited_at_a_kill_is_done_after_it(
    desk: Any, alert: Callable[..., Alert], notify: Callable[..., bytes], wait_until: Callable[..., Any]
) -> None:
    """A process that is killed after its answer has lost neither the alert nor what follows."""
    configuration = desk.folder / "config.yml"
    configuration.write_text(
        """
mlflow: {tracking_uri: "http://mlflow:5000"}
models: [{name: a, predictions: {source: files, path: l.csv, columns: {timestamp: ts, prediction: p}}}]
alerting:
  token_file: token
"""
        + ECHO
    )
    (desk.folder / "notification").write_bytes(notify(alert()))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(desk.folder)], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert killed.stdout.endswith("Receipt(told=1, news=1)\n")
    assert desk.outcomes() == ["waiting"]
    alerting = desk.alerting(ECHO)
    wait_until(lambda: desk.outcomes() == ["succeeded"])
    assert alerting.receive(notify(alert())) == Receipt(1, 0)


def test_counts_begin_at_0_with_what_was_known_before(
    desk: Any, alert: Callable[..., Alert], notify: Callable[..., bytes]
) -> None:
    """A new process counts from 0 the names of the history and every outcome of each action."""
    desk.alerting(start=False).receive(notify(alert()))
    desk.tally.__init__()
    desk.alerting(ECHO)
    assert desk.tally.notifications == {
        ("FeatureDrift", "critical", "firing"): 0,
        ("FeatureDrift", "critical", "resolved"): 0,
    }
    assert desk.tally.runs == {
        ("echo", outcome): 0 for outcome in ("succeeded", "failed", "timed_out", "dry_run", "cooldown", "lost")
    }


def test_the_token_is_read_anew(desk: Any) -> None:
    """A token that was exchanged counts at once; one that is missing stops the start."""
    alerting = desk.alerting(start=False)
    assert alerting.token() == "s3cret"
    (desk.folder / "token").write_text("other")
    assert alerting.token() == "other"
    (desk.folder / "token").unlink()
    with pytest.raises(ConfigurationError, match=r"alerting\.token_file: cannot be read: No such file"):
        desk.alerting()


def test_old_alerts_and_runs_are_forgotten(
    desk: Any, alert: Callable[..., Alert], notify: Callable[..., bytes], wait_until: Callable[..., Any]
) -> None:
    """After the retention nothing of them is left."""
    alerting = desk.alerting(f"  retention: 1h\n{ECHO}")
    alerting.receive(notify(alert()))
    wait_until(lambda: desk.outcomes() == ["succeeded"])
    desk.now += 3_599
    alerting.tend()
    assert len(desk.runs()) == 1
    desk.now += 2
    alerting.tend()
    assert alerting.history(model=None, status=None, limit=10).alerts == []
    with desk.store.reading() as transaction:
        assert transaction.action_runs.of([alert()]) == {}
    assert ALERTS_KEPT == 100_000


def test_incidents_are_noted_where_that_is_wanted(
    desk: Any, alert: Callable[..., Alert], notify: Callable[..., bytes], mlflow_server: str
) -> None:
    """A firing that came while MLflow was away is on the version once it is back; without the key nothing is."""
    client, name = MlflowClient(mlflow_server), f"noted {os.getpid()}"
    client.create_registered_model(name)
    client.create_model_version(name, "s3://nowhere/model", await_creation_for=0)
    news = notify(alert(model=name, version="1"))
    away = desk.alerting("  note_incidents: true", start=False)
    assert away.receive(news).news == 1
    away.tend()
    desk.registry = Registry(mlflow_server, timeout=60)
    desk.alerting(start=False).tend()
    assert not client.get_model_version(name, "1").tags
    desk.alerting("  note_incidents: true", start=False).tend()
    tags = client.get_model_version(name, "1").tags
    assert tags == {"mlflow_exporter.incident.FeatureDrift": "firing since 1970-01-01T00:16:40Z: age has drifted"}


def test_moves_of_aliases_are_remembered(desk: Any) -> None:
    """Those that an action takes back, as the registry is seen, also across restarts."""
    text = "  actions: [{name: back, kind: alias, match: [a!=b]}]\n"

    def snapshot(version: str) -> RegistrySnapshot:
        key = ModelKey("churn", version)
        versions = (RegisteredVersion(key, "None", "READY", "", 0.0, ""),)
        return RegistrySnapshot({"churn": RegisteredModel("churn", versions, {"champion": version, "x": "1"})}, 5.0)

    for version in ("3", "3", "4"):
        desk.alerting(text, start=False).watch_aliases(snapshot(version))
    alerting = desk.alerting(text, start=False)
    for version in ("4", "5", "5"):
        alerting.watch_aliases(snapshot(version))
    assert alerting._seen("churn", "champion") == ["3", "4", "5"]
    assert alerting._seen("churn", "x") == []


def test_notifications_at_once_are_all_kept(
    desk: Any, alert: Callable[..., Alert], notify: Callable[..., bytes]
) -> None:
    """Several senders of the same and of other alerts lose nothing and count nothing twice."""
    alerting, receipts = desk.alerting(start=False), []
    bodies = [notify(*(alert(f"f{number}") for number in range(first, first + 5))) for first in (0, 0, 3, 5)]
    threads = [threading.Thread(target=lambda body=body: receipts.append(alerting.receive(body))) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(receipt.news for receipt in receipts) == 10
    assert alerting.history(model=None, status=None, limit=100).firing == 10
