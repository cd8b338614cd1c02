"""Notes on MLflow's models: which alerts fire for them, as tags."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from mlflow_exporter.alerting.event import written
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import RegistryError, RegistryUnavailable
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.state.alerts import Alert, Subject
from mlflow_exporter.state.store import Store

_log = structlog.get_logger(__name__)


def note_incidents(store: Store, registry: Registry) -> None:
    """Tell MLflow what it has not been told; what it does not take now is told again. Raises StateError."""
    with store.reading() as transaction:
        waiting = {subject: transaction.alerts.of(subject) for subject in transaction.alerts.subjects_to_note()}
    for subject, known in waiting.items():
        try:
            _note(registry, subject, [each.alert for each in known])
        except RegistryUnavailable as error:
            _log.warning("incidents are not noted yet", error=str(error))
            return
        with store.transaction() as transaction:
            transaction.alerts.noted(known)


def _note(registry: Registry, subject: Subject, alerts: Sequence[Alert]) -> None:
    """Write the tag; a model that MLflow has not, or does not let us tag, is not asked again."""
    try:
        registry.note_incident(ModelKey(subject.model, subject.version), subject.name, summary(alerts))
    except RegistryUnavailable:
        raise
    except RegistryError as error:
        _log.warning("an incident cannot be noted", model=subject.model, alert=subject.name, error=str(error))


def summary(alerts: Sequence[Alert]) -> str:
    """What is known of the alerts of a rule, at least one, in a line.

    >>> summary([Alert("a", 0.0, 60.0, annotations={"summary": "age has drifted"})])
    'resolved at 1970-01-01T00:01:00Z, firing since 1970-01-01T00:00:00Z: age has drifted'
    """
    firing = [alert for alert in alerts if alert.ends_at is None]
    latest = max(alerts, key=lambda alert: alert.ends_at or alert.starts_at)
    if firing:
        latest = min(firing, key=lambda alert: alert.starts_at)
        state = f"firing since {written(latest.starts_at)}"
        state += f" ({len(firing)} alerts)" if len(firing) > 1 else ""
    else:
        state = f"resolved at {written(latest.ends_at or 0.0)}, firing since {written(latest.starts_at)}"
    said = latest.annotations.get("summary") or latest.annotations.get("description")
    return f"{state}: {said}" if said else state
