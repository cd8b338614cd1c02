"""What has been counted since the process began: Prometheus knows of restarts, so nothing needs to survive one."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping

from mlflow_exporter.state.action_runs import Outcome
from mlflow_exporter.state.alerts import Alert

OTHER = "other"
_MOST_KINDS = 500


class Tally:
    """Notifications by (name, severity, status) and ended runs by (action, outcome); safe to use from any thread.

    What is known in advance counts from 0, so that Prometheus sees the first one. Of more than 500 names and
    severities, those told last count as `other`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notifications: Counter[tuple[str, str, str]] = Counter()
        self._runs: Counter[tuple[str, str]] = Counter()

    def expect(self, kinds: Iterable[tuple[str, str]], actions: Iterable[str], outcomes: Iterable[Outcome]) -> None:
        """Count alerts of these names and severities, and runs of these actions, from 0."""
        with self._lock:
            for kind in sorted(kinds)[:_MOST_KINDS]:
                for status in ("firing", "resolved"):
                    self._notifications[*kind, status] += 0
            outcomes = tuple(outcomes)
            for action in actions:
                for outcome in outcomes:
                    self._runs[action, outcome.value] += 0

    def told(self, alert: Alert) -> None:
        """One firing or resolution more."""
        kind = alert.name, alert.severity
        with self._lock:
            kinds = {known[:2] for known in self._notifications}
            key = kind if kind in kinds or len(kinds) < _MOST_KINDS else (OTHER, OTHER)
            for status in ("firing", "resolved"):
                self._notifications[*key, status] += status == alert.status

    def ended(self, action: str, outcome: Outcome) -> None:
        """One run more has come to this end."""
        with self._lock:
            self._runs[action, outcome.value] += 1

    @property
    def notifications(self) -> Mapping[tuple[str, str, str], int]:
        """Firings and resolutions that were told, each once however often it was repeated."""
        with self._lock:
            return dict(self._notifications)

    @property
    def runs(self) -> Mapping[tuple[str, str], int]:
        """Runs that have ended."""
        with self._lock:
            return dict(self._runs)
