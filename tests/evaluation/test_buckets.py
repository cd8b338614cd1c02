from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.evaluation.buckets import DAY, FINE, HOUR, Scale, roll_up
from mlflow_exporter.state.buckets import Bucket
from mlflow_exporter.state.store import Store

TIMES = st.floats(0, 4e9, allow_nan=False)


@given(now=TIMES, age=st.floats(0, 3e6))
def test_a_time_is_in_the_bucket_that_starts_at_its_start(now: float, age: float) -> None:
    """A bucket holds the times from its start until its width later, one alone or many at once."""
    time, scale = max(now - age, 0), Scale(now)
    start, width = scale.start_of(time), scale.width_at(time)
    assert start <= time < start + width
    assert start % width == 0
    assert scale.starts_of(np.array([time])).tolist() == [start]


@given(now=st.floats(3e6, 4e9), later=st.floats(0, 3e6), age=st.floats(0, 3e6))
def test_buckets_only_widen_with_age(now: float, later: float, age: float) -> None:
    """The bucket of a time, seen later, holds the one that it was in before."""
    time = now - age
    narrow, wide = Scale(now), Scale(now + later)
    assert wide.width_at(time) >= narrow.width_at(time)
    assert wide.start_of(time) <= narrow.start_of(time)
    end = narrow.start_of(time) + narrow.width_at(time)
    assert end <= wide.start_of(time) + wide.width_at(time)


def test_a_snapshot_is_one_bucket() -> None:
    """Without time there is one bucket, at 0."""
    scale = Scale(1e9, timeless=True)
    assert (scale.start_of(5e8), scale.width_at(5e8)) == (0, 0)
    assert scale.starts_of(np.array([1.0, 5e8])).tolist() == [0, 0]


def _joined(buckets: Sequence[Bucket]) -> bytes:
    return b"".join(bucket.summary for bucket in buckets)


def test_rolling_up_keeps_everything_in_its_place(tmp_path: Path) -> None:
    """Each wide bucket has what its members had, a late one beside a wide one included; again it changes nothing."""
    store, now = Store(f"sqlite:///{tmp_path}/state.db"), 20.0 * DAY
    fine = range(int(now) - 10 * DAY, int(now), FINE)
    with store.transaction() as transaction:
        for start in fine:
            transaction.buckets.put(1, Bucket(start, FINE, b"x"))
        roll_up(transaction.buckets, 1, Scale(now), _joined)
        transaction.buckets.put(1, Bucket(int(now) - 15 * HOUR + FINE, FINE, b"late"))
        roll_up(transaction.buckets, 1, Scale(now), _joined)
        once = list(transaction.buckets.since(1, 0))
        roll_up(transaction.buckets, 1, Scale(now), _joined)
        assert list(transaction.buckets.since(1, 0)) == once
    scale = Scale(now)
    for bucket in once:
        assert bucket.width == scale.width_at(bucket.start)
        expected = bucket.width // FINE + (4 if bucket.start == int(now) - 15 * HOUR else 0)
        assert len(bucket.summary) == expected
    assert sum(bucket.width for bucket in once) == 10 * DAY
    store.close()
