"""The tables of the state store.

A stream is one version of a model counted in the bins of one baseline: what was counted in other bins does not add
up with it. Positions belong to the model, so that a new version goes on reading where the last one stopped.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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

SCHEMA_VERSION = 1

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
)

positions = Table(
    "positions",
    metadata,
    Column("model", String(512), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("item", Text, primary_key=True),
    Column("position", Text, nullable=False),
)

buckets = Table(
    "buckets",
    metadata,
    Column("stream", _NUMBER, primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("width", Integer, nullable=False),
    Column("summary", LargeBinary, nullable=False),
)

waiting_predictions = Table(
    "waiting_predictions",
    metadata,
    Column("stream", _NUMBER, primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("at", Float, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)
Index("waiting_predictions_at", waiting_predictions.c.stream, waiting_predictions.c.at)

waiting_labels = Table(
    "waiting_labels",
    metadata,
    Column("stream", _NUMBER, primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("at", Float, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)
Index("waiting_labels_at", waiting_labels.c.stream, waiting_labels.c.at)

ledger = Table(
    "ledger",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("stream", _NUMBER, nullable=False),
    Column("slot", BigInteger, nullable=False),
    Column("item", Text, nullable=False),
    Column("generation", Integer, nullable=False),
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
)
