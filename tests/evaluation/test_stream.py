from __future__ import annotations

import weakref
from typing import Any

import pytest

from mlflow_exporter.errors import StateError
from mlflow_exporter.evaluation import poll as polls
from mlflow_exporter.evaluation import stream as streams
from mlflow_exporter.evaluation.stream import PackedSummaries, gathered, newest_of, size_of
from mlflow_exporter.profiles.summary import Summary
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


def test_summaries_that_are_too_large_together_are_packed(lab: Any, make_rows: Any) -> None:
    """Up to a bound they are as they were; above it each is its bytes, and the latest event is still known."""
    lab.append(make_rows(200, seed=2, span=3_000))
    watched = lab.watched()
    added = watched.poll(NOW).added
    size = sum(map(size_of, added.values()))
    plan = watched.stream.plan
    assert gathered(added.items(), plan, size) == added
    packed = gathered(added.items(), plan, size - 1)
    assert isinstance(packed, PackedSummaries)
    assert len(packed) == len(added)
    assert {start: one.to_bytes() for start, one in packed.items()} == {
        start: one.to_bytes() for start, one in added.items()
    }
    assert newest_of(packed) == newest_of(added) == max(one.newest for one in added.values())


def test_a_backlog_of_many_buckets_holds_few_summaries_at_a_time(
    lab: Any, make_rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many buckets a chunk and its labels reach, summaries are made, stored and let go, and all is counted."""
    rows = make_rows(600, seed=2, span=70 * 3_600)
    settings = lab.labelled()
    with monkeypatch.context() as patch:
        living: weakref.WeakSet[Summary] = weakref.WeakSet()
        most = [0]

        def to_bytes(summary: Summary, original: Any = Summary.to_bytes) -> bytes:
            living.add(summary)
            most[0] = max(most[0], len(living))
            return bytes(original(summary))

        bound = 4 * size_of(Summary.empty(lab.watched().stream.plan.layout, lab.watched().stream.plan.outcome))
        patch.setattr(Summary, "to_bytes", to_bytes)
        patch.setattr(polls, "MANY_BYTES", bound)
        patch.setattr(streams.gathered, "__defaults__", (bound,))
        watched = lab.watched(settings)
        lab.append_labels(rows[:300])
        watched.windows(watched.poll(NOW), NOW)
        lab.append(rows)
        poll = watched.poll(NOW)
        lab.append_labels(rows[300:])
        sums = [watched.windows(poll, NOW), watched.windows(watched.poll(NOW), NOW)]
    assert poll.many
    assert poll.added == {}
    assert poll.newest == pytest.approx(rows["ts"].max())
    assert [(week[-1].summary.rows, week[-1].summary.labelled) for week in sums] == [(600, 300), (600, 600)]
    with lab.store.reading() as transaction:
        assert len(list(transaction.buckets.since(1, 0))) > 60
    assert most[0] < 40
