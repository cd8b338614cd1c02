"""Alerts as Alertmanager told them: one row for each time that an alert began to fire."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.engine import Connection

from mlflow_exporter.state import tables
from mlflow_exporter.state.inserts import insert_new

Status: TypeAlias = Literal["firing", "resolved"]

_a = tables.alerts.c
_EVERY = (_a.fingerprint, _a.starts_at, _a.ends_at, _a.labels, _a.annotations, _a.generator_url)
_KNOWN = (*_EVERY, _a.first_received_at, _a.last_received_at, _a.notifications)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that began at `starts_at` and fires until `ends_at`, in Unix seconds (None while it fires)."""

    fingerprint: str
    starts_at: float
    ends_at: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    generator_url: str = ""

    @property
    def key(self) -> tuple[str, float]:
        """What tells it from every other: the fingerprint of its labels, and its start."""
        return self.fingerprint, self.starts_at

    @property
    def status(self) -> Status:
        """Whether it fires."""
        return "firing" if self.ends_at is None else "resolved"

    @property
    def name(self) -> str:
        """The rule that it comes from."""
        return self.labels.get("alertname", "")

    @property
    def severity(self) -> str:
        """How bad it is, as the rule says; may be empty."""
        return self.labels.get("severity", "")

    @property
    def model(self) -> str:
        """The registered model that it is about; may be empty."""
        return self.labels.get("model", "")

    @property
    def version(self) -> str:
        """The version of the model that it is about; may be empty."""
        return self.labels.get("version", "")


@dataclass(frozen=True, slots=True)
class KnownAlert:
    """An alert, and how often and when (Unix seconds) it was told."""

    alert: Alert
    first_received_at: float
    last_received_at: float
    notifications: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What alerts are noted by: a rule, for a model's version (empty where they are about no single one)."""

    name: str
    model: str
    version: str


@dataclass(frozen=True, slots=True)
class Alerts:
    """The alerts as one transaction sees them."""

    connection: Connection

    def record(self, alert: Alert, now: float, *, to_note: bool = False) -> tuple[Alert, bool]:
        """Add what a notification says; the alert as it is known now, and whether this status of it is new.

        The order of notifications does not matter, nor do repetitions: an alert is resolved once that was told, at
        the latest end that was told.
        """
        insert_new(self.connection, tables.alerts, [_new_row(alert, now)])
        query = select(tables.alerts).where(*_is(alert)).with_for_update()
        row = self.connection.execute(query).one()
        is_new = not row.was_firing if alert.ends_at is None else row.ends_at is None
        changes = _changes(row, alert, now) | ({"to_note": True} if to_note and is_new else {})
        changed = tables.alerts.update().where(*_is(alert)).values(changes).returning(*_EVERY)
        return _alert(self.connection.execute(changed).one()), is_new

    def find(
        self,
        *,
        model: str | None = None,
        status: Status | None = None,
        since: float | None = None,
        without: str | None = None,
        limit: int | None = None,
        skip: int = 0,
    ) -> list[KnownAlert]:
        """The alerts that began last first.

        `since` leaves out those resolved before a time, `without` those of a severity.
        """
        query = select(*_KNOWN).where(*_conditions(model, status, since, without))
        query = query.order_by(_a.starts_at.desc(), _a.fingerprint)
        return [_known(row) for row in self.connection.execute(query.limit(limit).offset(skip))]

    def get(self, fingerprint: str, starts_at: float) -> Alert | None:
        """One alert, if it is known."""
        row = self.connection.execute(select(*_EVERY).where(*_is(Alert(fingerprint, starts_at)))).first()
        return None if row is None else _alert(row)

    def count(self, *, model: str | None = None, status: Status | None = None, without: str | None = None) -> int:
        """How many there are, those of a severity left out."""
        query = select(func.count()).select_from(tables.alerts).where(*_conditions(model, status, None, without))
        return int(self.connection.scalar(query) or 0)

    def models(self) -> list[str]:
        """The models that alerts are about, in order."""
        return list(self.connection.scalars(select(_a.model).where(_a.model != "").distinct().order_by(_a.model)))

    def kinds(self) -> set[tuple[str, str]]:
        """Name and severity of every alert."""
        rows = self.connection.execute(select(_a.labels).distinct())
        return {(alert.name, alert.severity) for alert in (Alert("", 0, None, json.loads(row.labels)) for row in rows)}

    def subjects_to_note(self) -> list[Subject]:
        """What has news that MLflow has not been told."""
        query = select(_a.name, _a.model, _a.version).where(_a.to_note).distinct()
        return [Subject(*row) for row in self.connection.execute(query.order_by(_a.model, _a.version, _a.name))]

    def of(self, subject: Subject) -> list[KnownAlert]:
        """The alerts of a subject, those that began last first."""
        about = (_a.name == subject.name, _a.model == subject.model, _a.version == subject.version)
        query = select(*_KNOWN).where(*about).order_by(_a.starts_at.desc(), _a.fingerprint)
        return [_known(row) for row in self.connection.execute(query)]

    def noted(self, told: Iterable[KnownAlert]) -> None:
        """MLflow was told of these alerts; one that has news since has still to be told."""
        for known in told:
            unchanged = _a.notifications == known.notifications
            update = tables.alerts.update().where(*_is(known.alert), unchanged).values(to_note=False)
            self.connection.execute(update)

    def expire(self, before: float, keep: int) -> None:
        """Forget what was last received before a time, and all but the `keep` alerts received last."""
        self.connection.execute(tables.alerts.delete().where(_a.last_received_at < before))
        query = select(_a.last_received_at).order_by(_a.last_received_at.desc()).offset(keep).limit(1)
        beyond = self.connection.scalar(query)
        if beyond is not None:
            self.connection.execute(tables.alerts.delete().where(_a.last_received_at <= beyond))


def _is(alert: Alert) -> tuple[ColumnElement[bool], ...]:
    return (_a.fingerprint == alert.fingerprint, _a.starts_at == alert.starts_at)


def _conditions(
    model: str | None, status: Status | None, since: float | None, without: str | None
) -> Iterator[ColumnElement[bool]]:
    if model is not None:
        yield _a.model == model
    if status is not None:
        yield _a.ends_at.is_(None) if status == "firing" else _a.ends_at.is_not(None)
    if since is not None:
        yield _a.ends_at.is_(None) | (_a.ends_at >= since)
    if without is not None:
        # The labels are JSON, in which a quotation mark within a value has a backslash.
        yield ~_a.labels.contains(f'"severity": {json.dumps(without)}', autoescape=True)


def _new_row(alert: Alert, now: float) -> dict[str, Any]:
    key = {"fingerprint": alert.fingerprint, "starts_at": alert.starts_at, "name": alert.name}
    about = {"model": alert.model, "version": alert.version, "generator_url": alert.generator_url}
    told = {"first_received_at": now, "last_received_at": now, "notifications": 0}
    return {**key, **about, **told, **_texts(alert), "ends_at": None, "was_firing": False, "to_note": False}


def _changes(row: Any, alert: Alert, now: float) -> dict[str, Any]:
    """What a notification changes; a firing that comes after its resolution changes no text."""
    changes = {"last_received_at": max(now, row.last_received_at), "notifications": row.notifications + 1}
    if alert.ends_at is None:
        return {**changes, "was_firing": True, **({} if row.ends_at is not None else _texts(alert))}
    return {**changes, "ends_at": max(alert.ends_at, row.ends_at or alert.ends_at), **_texts(alert)}


def _texts(alert: Alert) -> dict[str, str]:
    return {"labels": _json(alert.labels), "annotations": _json(alert.annotations)}


def _json(texts: Mapping[str, str]) -> str:
    return json.dumps(dict(sorted(texts.items())))


def _alert(row: Any) -> Alert:
    labels, annotations = json.loads(row.labels), json.loads(row.annotations)
    return Alert(row.fingerprint, row.starts_at, row.ends_at, labels, annotations, row.generator_url)


def _known(row: Any) -> KnownAlert:
    return KnownAlert(_alert(row), row.first_received_at, row.last_received_at, row.notifications)
