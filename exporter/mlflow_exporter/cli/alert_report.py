"""The history of alerts, read from the state and printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape
from sqlalchemy import make_url

from mlflow_exporter.alerting.event import Event, written
from mlflow_exporter.cli import console
from mlflow_exporter.errors import StateUnavailable
from mlflow_exporter.state.action_runs import Run
from mlflow_exporter.state.alerts import Alert, KnownAlert, Status
from mlflow_exporter.state.store import Store
from mlflow_exporter.web.formats import ago, span, title

_OF_THE_RULE = {"alertname", "severity", "subject", "model", "version", "job"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts; None is every one, `since` (Unix seconds) leaves out what was over before."""

    model: str | None
    status: Status | None
    since: float | None
    limit: int


@dataclass(frozen=True, slots=True)
class Found:
    """An alert, and the runs of actions that followed it."""

    known: KnownAlert
    runs: Sequence[Run]


def read(url: str, wanted: Wanted) -> list[Found]:
    """The alerts that began last first; raises StateError."""
    file = make_url(url).database
    if url.startswith("sqlite") and file and not Path(file).exists():
        raise StateUnavailable("there is no state yet", where=file, mend="start the exporter first")
    store = Store(url)
    try:
        with store.reading() as transaction:
            known = transaction.alerts.find(
                model=wanted.model, status=wanted.status, since=wanted.since, limit=wanted.limit
            )
            runs = transaction.action_runs.of([each.alert for each in known])
    finally:
        store.close()
    return [Found(each, runs.get(each.alert.key, ())) for each in known]


def document(found: Sequence[Found]) -> str:
    """A JSON object with a list of `alerts`; times are RFC 3339."""
    return json.dumps({"alerts": [_plain(each) for each in found]}, indent=2)


def _plain(found: Found) -> dict[str, Any]:
    known = found.known
    told = {
        "first_received_at": written(known.first_received_at),
        "last_received_at": written(known.last_received_at),
        "notifications": known.notifications,
    }
    return {
        **Event(known.alert, known.alert.status).document(),
        **told,
        "runs": [_plain_run(run) for run in found.runs],
    }


def _plain_run(run: Run) -> dict[str, Any]:
    times = {"queued_at": run.queued_at, "started_at": run.started_at, "ended_at": run.ended_at}
    shown = {name: None if at is None else written(at) for name, at in times.items()}
    return {"action": run.action, "news": run.news, "outcome": run.outcome.value, **shown, "output": run.output}


def report(found: Sequence[Found], now: float) -> None:
    """Print a table of alerts, those that began last first; `now` is in Unix seconds."""
    out = console.stdout()
    if not found:
        out.print("No alerts.")
        return
    made = console.table("Alerts", "status", "alert", "severity", "model", "about", "began", "lasted", "actions")
    for each in found:
        made.add_row(*map(escape, _cells(each, now)), style="red" if each.known.alert.status == "firing" else None)
    out.print(made)


def _cells(found: Found, now: float) -> tuple[str, ...]:
    alert = found.known.alert
    model = f"{alert.model}/{alert.version}" if alert.version else alert.model
    lasted = max((alert.ends_at or now) - alert.starts_at, 0.001)
    runs = ", ".join(f"{run.action}: {title(run.outcome.value).lower()}" for run in found.runs)
    sign = "▲" if alert.status == "firing" else "✓"
    status = f"{sign} {alert.status}"
    began, about = ago(now - alert.starts_at), _about(alert)
    return status, alert.name, alert.severity, model or "–", about, began, span(lasted), runs or "–"


def _about(alert: Alert) -> str:
    """The labels that tell it from others of its rule and model."""
    told = (f"{name}={value}" for name, value in sorted(alert.labels.items()) if name not in _OF_THE_RULE)
    return " ".join(told) or "–"
