"""What Alertmanager told, and the actions that followed, since the exporter was started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mlflow_exporter.collectors.family import Collector, Family, Sample


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """Notifications by (name, severity, status), runs of actions by (action, outcome)."""

    notifications: Mapping[tuple[str, str, str], int]
    runs: Mapping[tuple[str, str], int]


NOTIFICATIONS = Family(
    "ml_alert_notifications_total",
    "Firings and resolutions that Alertmanager told; a repetition does not count.",
    ("alertname", "severity", "status"),
    "counter",
)
RUNS = Family("ml_action_runs_total", "Runs of actions that follow alerts.", ("action", "outcome"), "counter")


def collect(counts: AlertCounts) -> Iterator[Sample]:
    """Samples of the alerts."""
    for told, count in counts.notifications.items():
        yield NOTIFICATIONS.sample(told, count)
    for ended, count in counts.runs.items():
        yield RUNS.sample(ended, count)


COLLECTOR = Collector("alerts", AlertCounts, (NOTIFICATIONS, RUNS), collect)
