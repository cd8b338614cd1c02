from __future__ import annotations

import threading

from mlflow_exporter.state.buckets import Bucket
from mlflow_exporter.state.ledger import Entry
from mlflow_exporter.state.store import Store
from mlflow_exporter.state.streams import Known
from mlflow_exporter.state.waiting import Waiting


def test_a_stream_keeps_its_number(store: Store) -> None:
    """The same version in the same bins is the same stream; everything else another."""
    with store.transaction() as transaction:
        first = transaction.streams.open("churn", "1", "abc")
        others = [transaction.streams.open(*key) for key in (("churn", "2", "abc"), ("fraud", "1", "abc"))]
    with store.transaction() as transaction:
        assert transaction.streams.open("churn", "1", "abc") == first
        assert transaction.streams.of("churn") == [Known(first, "1", "abc"), Known(others[0], "2", "abc")]
    assert len({first, *others}) == 3


def test_dropping_a_stream_drops_everything_of_it_and_nothing_else(store: Store) -> None:
    """Buckets, waiting rows and ledger of the stream go; another stream's stay."""
    with store.transaction() as transaction:
        numbers = [transaction.streams.open("churn", version, "abc") for version in ("1", "2")]
        for number in numbers:
            transaction.buckets.put(number, Bucket(0, 300, b"x"))
            transaction.ledger.note([Entry(number, 0, "a", 0, b"12345678")])
            transaction.waiting_predictions.add(number, Waiting([bytes(16)], [0.0], [b"p"]))
            transaction.waiting_labels.add(number, Waiting([bytes(16)], [0.0], [b"l"]))
    with store.transaction() as transaction:
        transaction.streams.drop(numbers[0])
    with store.reading() as transaction:
        assert [known.number for known in transaction.streams.of("churn")] == numbers[1:]
        found = [
            (
                transaction.buckets.any(number),
                len(list(transaction.ledger.noted([number], [0]))),
                transaction.waiting_predictions.count(number),
                transaction.waiting_labels.count(number),
            )
            for number in numbers
        ]
    assert found == [(False, 0, 0, 0), (True, 1, 1, 1)]


def test_a_number_is_never_used_again(store: Store) -> None:
    """Also that of the last stream, which another process may still take for its own."""
    with store.transaction() as transaction:
        dropped = transaction.streams.open("churn", "1", "abc")
        assert transaction.streams.hold(dropped)
        transaction.streams.drop(dropped)
    with store.transaction() as transaction:
        assert transaction.streams.open("churn", "1", "def") > dropped
        assert not transaction.streams.hold(dropped)


def test_a_stream_that_is_held_is_dropped_with_what_was_counted_meanwhile(store: Store) -> None:
    """Dropping waits for the transaction that counts, so that nothing of a dropped stream stays."""
    with store.transaction() as transaction:
        number = transaction.streams.open("churn", "1", "abc")

    def drop() -> None:
        with store.transaction() as transaction:
            transaction.streams.drop(number)

    dropping = threading.Thread(target=drop)
    with store.transaction() as counting:
        assert counting.streams.hold(number)
        dropping.start()
        dropping.join(0.2)
        assert dropping.is_alive()
        counting.buckets.put(number, Bucket(0, 300, b"x"))
    dropping.join()
    with store.reading() as transaction:
        assert not transaction.streams.hold(number)
        assert not transaction.buckets.any(number)
