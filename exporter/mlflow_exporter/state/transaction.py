"""What one transaction of the state store reads and writes, by subject."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from mlflow_exporter.state.action_runs import ActionRuns
from mlflow_exporter.state.alerts import Alerts
from mlflow_exporter.state.alias_moves import AliasMoves
from mlflow_exporter.state.baselines import KeptBaselines
from mlflow_exporter.state.buckets import Buckets
from mlflow_exporter.state.counters import Counters
from mlflow_exporter.state.ledger import Ledger
from mlflow_exporter.state.positions import Positions
from mlflow_exporter.state.streams import Streams
from mlflow_exporter.state.waiting import WaitingRoom


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction; see `Store`."""

    streams: Streams
    positions: Positions
    buckets: Buckets
    ledger: Ledger
    waiting_predictions: WaitingRoom
    waiting_labels: WaitingRoom
    counters: Counters
    baselines: KeptBaselines
    alerts: Alerts
    action_runs: ActionRuns
    alias_moves: AliasMoves

    @classmethod
    def on(cls, connection: Connection) -> Transaction:
        """The transaction that a connection is in."""
        return cls(
            Streams(connection),
            Positions(connection),
            Buckets(connection),
            Ledger(connection),
            WaitingRoom.for_predictions(connection),
            WaitingRoom.for_labels(connection),
            Counters(connection),
            KeptBaselines(connection),
            Alerts(connection),
            ActionRuns(connection),
            AliasMoves(connection),
        )
