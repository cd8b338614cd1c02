"""What the page of alerts shows of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mlflow_exporter.alerting.alerting import History
from mlflow_exporter.state.action_runs import Outcome, Run
from mlflow_exporter.state.alerts import Alert, KnownAlert

_SHOWN_APART = ("alertname", "severity", "model", "version")
_TEXTS = ("summary", "description", "message")
_LINKS = {"runbook_url": "Runbook", "dashboard_url": "Dashboard"}
_LOOKS = {"warning": "drifted", "info": "waiting"}
_OUTCOMES: Mapping[Outcome, tuple[str, str]] = {
    Outcome.WAITING: ("waiting", "…"),
    Outcome.RUNNING: ("waiting", "…"),
    Outcome.SUCCEEDED: ("well", "✓"),
    Outcome.FAILED: ("failing", "✕"),
    Outcome.TIMED_OUT: ("failing", "✕"),
    Outcome.LOST: ("failing", "?"),
    Outcome.DRY_RUN: ("waiting", "○"),
    Outcome.COOLDOWN: ("waiting", "○"),
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run of an action; `look` and `sign` say how it went, with colour and without."""

    run: Run
    look: str
    sign: str

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        run = self.run
        return None if run.started_at is None or run.ended_at is None else run.ended_at - run.started_at


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert in a line, and what is behind it."""

    known: KnownAlert
    text: str
    labels: Mapping[str, str]
    notes: Mapping[str, str]
    links: Mapping[str, str]
    runs: tuple[RunRow, ...]

    @property
    def alert(self) -> Alert:
        """The alert itself."""
        return self.known.alert

    @property
    def look(self) -> str:
        """The colour of its badge: of what fires as bad as it is, at the worst where its severity is not known."""
        alert = self.alert
        return "well" if alert.status == "resolved" else _LOOKS.get(alert.severity, "failing")


def rows(history: History) -> list[AlertRow]:
    """A row for each alert, in the same order."""
    return [_row(known, history.runs.get(known.alert.key, ())) for known in history.alerts]


def _row(known: KnownAlert, runs: Sequence[Run]) -> AlertRow:
    alert = known.alert
    texts = [alert.annotations[name] for name in _TEXTS if alert.annotations.get(name)]
    others = {name: text for name, text in alert.annotations.items() if name not in _LINKS and text not in texts[:1]}
    return AlertRow(
        known,
        texts[0] if texts else "",
        {name: value for name, value in alert.labels.items() if name not in _SHOWN_APART},
        others,
        dict(_links(alert)),
        tuple(RunRow(run, *_OUTCOMES[run.outcome]) for run in runs),
    )


def _links(alert: Alert) -> Iterator[tuple[str, str]]:
    named = [(title, alert.annotations.get(name, "")) for name, title in _LINKS.items()]
    for title, address in (*named, ("Expression", alert.generator_url)):
        if _is_web_address(address):
            yield title, address


def _is_web_address(address: str) -> bool:
    """Whether it leads to a page: a link may be a script, too."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
