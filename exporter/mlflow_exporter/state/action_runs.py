"""Runs of actions that follow alerts: one for each action and each news of an alert, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.engine import Connection

from mlflow_exporter.state import tables
from mlflow_exporter.state.alerts import Alert, Status
from mlflow_exporter.state.inserts import insert

_AT_ONCE = 200

_r = tables.action_runs.c
_EVERY = (
    *(_r.id, _r.action, _r.fingerprint, _r.starts_at, _r.news, _r.model, _r.outcome),
    *(_r.queued_at, _r.started_at, _r.ended_at, _r.output),
)


class Outcome(StrEnum):
    """What became of a run."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    DRY_RUN = "dry_run"
    COOLDOWN = "cooldown"
    LOST = "lost"


ENDS = tuple(outcome for outcome in Outcome if outcome not in (Outcome.WAITING, Outcome.RUNNING))
"""The outcomes that stay."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of an action for `news` (firing or resolved) of an alert; times in Unix seconds."""

    id: int
    action: str
    fingerprint: str
    starts_at: float
    news: Status
    model: str
    outcome: Outcome
    queued_at: float
    started_at: float | None
    ended_at: float | None
    output: str


@dataclass(frozen=True, slots=True)
class ActionRuns:
    """The runs as one transaction sees them."""

    connection: Connection

    def queue(self, action: str, alert: Alert, now: float) -> bool:
        """Let a run wait for its turn, whether it is a new one: there is never a second for the same news."""
        row = {"action": action, "fingerprint": alert.fingerprint, "starts_at": alert.starts_at, "news": alert.status}
        state = {"model": alert.model, "outcome": Outcome.WAITING, "queued_at": now, "output": ""}
        new = insert(self.connection.dialect.name, tables.action_runs).values(row | state).on_conflict_do_nothing()
        return self.connection.execute(new.returning(_r.id)).first() is not None

    def lock(self) -> None:
        """Until the transaction ends, no other one that asks for this lock goes on (SQLite's never run at once)."""
        query = select(tables.meta.c.value).where(tables.meta.c.key == "schema").with_for_update()
        self.connection.execute(query)

    def next(self) -> Run | None:
        """The run that has waited longest, of those whose model has none that is running."""
        running = select(_r.model).where(_r.outcome == Outcome.RUNNING)
        query = select(*_EVERY).where(_r.outcome == Outcome.WAITING, _r.model.not_in(running)).order_by(_r.id).limit(1)
        row = self.connection.execute(query).first()
        return None if row is None else _run(row)

    def began_last(self, action: str, model: str) -> float | None:
        """When an action last began for a model, a dry run and a lost one included."""
        # Whatever became of it: one that was lost may have done its work.
        began = (_r.action == action, _r.model == model, _r.started_at.is_not(None))
        query = select(_r.started_at).where(*began).order_by(_r.started_at.desc()).limit(1)
        found = self.connection.scalar(query)
        return None if found is None else float(found)

    def begin(self, run: int, now: float, deadline: float) -> None:
        """The run begins; what still runs at the deadline is lost."""
        changes = {"outcome": Outcome.RUNNING, "started_at": now, "deadline": deadline}
        self.connection.execute(tables.action_runs.update().where(_r.id == run).values(changes))

    def end(self, run: int, outcome: Outcome, output: str, now: float) -> None:
        """The run has come to an end."""
        changes = {"outcome": outcome, "output": output, "ended_at": now}
        self.connection.execute(tables.action_runs.update().where(_r.id == run).values(changes))

    def lose(self, now: float, queued_before: float) -> list[Run]:
        """Give up the runs that are past their deadline and those that have waited since before a time."""
        late = (_r.outcome == Outcome.RUNNING) & (_r.deadline < now)
        stale = (_r.outcome == Outcome.WAITING) & (_r.queued_at < queued_before)
        return [*self._lost(late, "it did not come to its end; whether it did its work is not known", now),
                *self._lost(stale, "its turn came too late", now)]  # fmt: skip

    def _lost(self, which: ColumnElement[bool], why: str, now: float) -> list[Run]:
        changes = {"outcome": Outcome.LOST, "output": why, "ended_at": now}
        given_up = tables.action_runs.update().where(which).values(changes).returning(*_EVERY)
        return [_run(row) for row in self.connection.execute(given_up)]

    def of(self, alerts: Sequence[Alert]) -> dict[tuple[str, float], list[Run]]:
        """The runs of each of these alerts, by fingerprint and start, in the order in which they were queued."""
        found: dict[tuple[str, float], list[Run]] = {}
        for first in range(0, len(alerts), _AT_ONCE):
            keys = [(alert.fingerprint, alert.starts_at) for alert in alerts[first : first + _AT_ONCE]]
            query = select(*_EVERY).where(tuple_(_r.fingerprint, _r.starts_at).in_(keys)).order_by(_r.id)
            for row in self.connection.execute(query):
                found.setdefault((row.fingerprint, row.starts_at), []).append(_run(row))
        return found

    def expire(self, before: float) -> None:
        """Forget the runs that ended before a time."""
        self.connection.execute(tables.action_runs.delete().where(_r.ended_at < before))


def _run(row: Any) -> Run:
    values = row._asdict()
    return Run(**values | {"outcome": Outcome(row.outcome)})
