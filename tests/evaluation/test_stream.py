from __future__ import annotations

from typing import Any

import pytest

from mlflow_exporter.errors import StateError
from mlflow_exporter.state.buckets import Bucket

NOW = 1_700_000_123.0


def test_a_damaged_bucket_is_told(lab: Any) -> None:
    """Bytes that are no summary name the bucket and its model."""
    with pytest.raises(StateError, match=r"bucket 300 of stream 1 \(churn\): .*; restore a copy of the state"):
        lab.watched().stream.summary_of(Bucket(300, 300, b"nothing"))


def test_rows_are_in_the_buckets_of_their_times(lab: Any, make_rows: Any) -> None:
    """Each stored bucket has the rows whose time is in it, late ones included, and several as one have all."""
    rows = make_rows(400, seed=2, span=40 * 3_600)
    watched = lab.watched()
    for part in (rows[200:], rows[:200]):
        lab.append(part)
        watched.poll(NOW)
    with lab.store.reading() as transaction:
        buckets = list(transaction.buckets.since(1, 0))
    for bucket in buckets:
        inside = (rows["ts"] >= bucket.start) & (rows["ts"] < bucket.start + bucket.width)
        assert watched.stream.summary_of(bucket).rows == int(inside.sum()) > 0
    whole = Bucket(0, 1, watched.stream.total(buckets))
    assert watched.stream.summary_of(whole).rows == 400
