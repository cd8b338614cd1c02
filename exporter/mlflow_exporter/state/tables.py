"""The tables of the state store.

A stream is one version of a model counted in the bins of one baseline: what was counted in other bins does not add
up with it. Positions belong to the model, so that a new version goes on reading where the last one stopped.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = 3

metadata = MetaData()

# SQLite numbers rows by itself only where the key is called INTEGER.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

meta = Table("meta", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

streams = Table(
    "streams",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("model", String(512), nullable=False),
    Column("version", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    UniqueConstraint("model", "version", "digest"),
    # A process may still hold the number of a stream that another one has dropped.
    sqlite_autoincrement=True,
)

positions = Table(
    "positions",
    metadata,
    Column("model", String(512), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("item", Text, primary_key=True),
    Column("position", Text, nullable=False),
    Column("reached_at", Float, nullable=False),
)

buckets = Table(
    "buckets",
    metadata,
    Column("stream", _NUMBER, primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("width", Integer, nullable=False),
    Column("summary", LargeBinary, nullable=False),
)


def _waiting(name: str) -> Table:
    # Millions may wait. An index by time would be for the hourly expiry alone, which takes a second for ten million
    # without it, and would double the cost of every prediction and label.
    return Table(
        name,
        metadata,
        Column("stream", _NUMBER, primary_key=True),
        Column("id", LargeBinary(16), primary_key=True),
        Column("at", Float, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


waiting_predictions = _waiting("waiting_predictions")
waiting_labels = _waiting("waiting_labels")

ledger = Table(
    "ledger",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("stream", _NUMBER, nullable=False),
    Column("slot", BigInteger, nullable=False),
    Column("item", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("counted", Boolean, nullable=False),
    Column("identities", LargeBinary, nullable=False),
)
Index("ledger_slot", ledger.c.stream, ledger.c.slot)

counters = Table(
    "counters",
    metadata,
    Column("model", String(512), primary_key=True),
    Column("kind", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

baselines = Table(
    "baselines",
    metadata,
    Column("model", String(512), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("identity", String(64), nullable=False),
    Column("packed", LargeBinary, nullable=False),
    Column("problems", Text, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("starts_at", Float, primary_key=True),
    Column("ends_at", Float),
    Column("name", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Column("annotations", Text, nullable=False),
    Column("generator_url", Text, nullable=False),
    Column("first_received_at", Float, nullable=False),
    Column("last_received_at", Float, nullable=False),
    Column("notifications", Integer, nullable=False),
    Column("was_firing", Boolean, nullable=False),
    Column("to_note", Boolean, nullable=False),
)
Index("alerts_received", alerts.c.last_received_at)
Index("alerts_of_a_model", alerts.c.model, alerts.c.version, alerts.c.name)

action_runs = Table(
    "action_runs",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("action", String(64), nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("starts_at", Float, nullable=False),
    Column("news", String(16), nullable=False),
    Column("model", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("queued_at", Float, nullable=False),
    Column("started_at", Float),
    Column("deadline", Float),
    Column("ended_at", Float),
    Column("output", Text, nullable=False),
    UniqueConstraint("action", "fingerprint", "starts_at", "news"),
)
Index("action_runs_outcome", action_runs.c.outcome, action_runs.c.model)
Index("action_runs_of_an_alert", action_runs.c.fingerprint, action_runs.c.starts_at)

alias_moves = Table(
    "alias_moves",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("model", Text, nullable=False),
    Column("alias", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("seen_at", Float, nullable=False),
)
Index("alias_moves_of_an_alias", alias_moves.c.model, alias_moves.c.alias)
