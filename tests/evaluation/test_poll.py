from __future__ import annotations

from typing import Any

from mlflow_exporter.domain import Problem
from mlflow_exporter.evaluation.ageing import Ageing
from mlflow_exporter.evaluation.poll import Poll, merge_buckets


def _poll() -> Poll:
    return Poll(Ageing(1e9, None, timeless=False))


def test_a_problem_is_reported_once() -> None:
    """Many chunks of one file have the same thing wrong."""
    poll = _poll()
    for where in ("a.csv", "a.csv", "b.csv"):
        poll.report(Problem(where, "has no column"))
    assert [problem.where for problem in poll.problems] == ["a.csv", "b.csv"]


def test_summaries_of_one_bucket_are_merged(lab: Any, make_rows: Any) -> None:
    """Buckets of both sides are there, those of both with the rows of both; the newest event is of all."""
    lab.append(make_rows(200, seed=2, span=3_000))
    added = lab.watched().poll(1_700_000_123.0).added
    some = dict(list(added.items())[:6])
    merged = merge_buckets(some, added)
    assert {start: summary.rows for start, summary in merged.items()} == {
        start: summary.rows * (2 if start in some else 1) for start, summary in added.items()
    }
    poll = _poll()
    assert poll.newest is None
    poll.add(some)
    poll.add(added)
    assert poll.newest == max(summary.newest for summary in added.values())
    assert sum(summary.rows for summary in poll.added.values()) == sum(s.rows for s in merged.values())
