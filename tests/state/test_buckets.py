from __future__ import annotations

from mlflow_exporter.state.buckets import Bucket
from mlflow_exporter.state.store import Store

FINE = [Bucket(start, 300, bytes([start // 300])) for start in range(0, 3000, 300)]


def test_buckets_come_in_order_from_a_time_on(store: Store) -> None:
    """The buckets that start at a time or later, oldest first, however they were written."""
    with store.transaction() as transaction:
        for bucket in reversed(FINE):
            transaction.buckets.put(1, bucket)
            transaction.buckets.put(2, Bucket(bucket.start, 300, b"other"))
    with store.reading() as transaction:
        assert list(transaction.buckets.since(1, 900)) == FINE[3:]
        assert list(transaction.buckets.latest_first(1)) == FINE[::-1]
        assert [transaction.buckets.any(stream) for stream in (1, 3)] == [True, False]
        assert transaction.buckets.at(1, 600) == FINE[2]
        assert transaction.buckets.at(1, 601) is None


def test_a_bucket_replaces_the_one_with_its_start(store: Store) -> None:
    """There is one bucket for each start."""
    with store.transaction() as transaction:
        transaction.buckets.put(1, FINE[0])
        transaction.buckets.put(1, Bucket(0, 3600, b"wide"))
        assert list(transaction.buckets.since(1, 0)) == [Bucket(0, 3600, b"wide")]


def test_narrower_buckets_before_a_time(store: Store) -> None:
    """Those that are wide already, or not old enough, are left out."""
    with store.transaction() as transaction:
        for bucket in (*FINE, Bucket(300, 3600, b"wide")):
            transaction.buckets.put(1, bucket)
        assert transaction.buckets.narrower(1, 3600, until=1200) == [0, 600, 900]


def test_buckets_expire_by_their_end(store: Store) -> None:
    """A bucket that reaches into the time that is kept stays whole."""
    with store.transaction() as transaction:
        for bucket in FINE:
            transaction.buckets.put(1, bucket)
        transaction.buckets.expire(1, before=700)
        transaction.buckets.drop(1, [900, 1200])
        assert [bucket.start for bucket in transaction.buckets.since(1, 0)] == [600, *range(1500, 3000, 300)]
