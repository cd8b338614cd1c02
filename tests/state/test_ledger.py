from __future__ import annotations

from dataclasses import replace

from mlflow_exporter.state.ledger import Entry
from mlflow_exporter.state.store import Store

ENTRIES = [
    Entry(1, slot, item, generation, item.encode() * 8, counted=generation == 0)
    for slot in (0, 300, 600)
    for item, generation in (("a", 0), ("a", 1), ("b", 0))
]


def test_what_was_noted_is_found_by_stream_slot_and_item(store: Store) -> None:
    """Entries of the slots and streams asked for, of one item where it is named."""
    other = replace(ENTRIES[0], stream=2)
    with store.transaction() as transaction:
        transaction.ledger.note([*ENTRIES, other, replace(other, stream=3)])
        transaction.ledger.note([])
    with store.reading() as transaction:
        assert list(transaction.ledger.noted([1], [0, 600])) == ENTRIES[:3] + ENTRIES[6:]
        assert list(transaction.ledger.noted([1, 2], [0])) == [*ENTRIES[:3], other]
        assert list(transaction.ledger.noted([1], [300], "b")) == ENTRIES[5:6]
        assert list(transaction.ledger.noted([1], list(range(1, 2_000_000, 1_000)))) == []


def test_old_slots_are_forgotten(store: Store) -> None:
    """Slots of before a time go, of one stream."""
    other = replace(ENTRIES[0], stream=2)
    with store.transaction() as transaction:
        transaction.ledger.note([*ENTRIES, other])
        transaction.ledger.expire(1, before=300.0)
        assert list(transaction.ledger.noted([1, 2], [0, 300, 600])) == [*ENTRIES[3:], other]
