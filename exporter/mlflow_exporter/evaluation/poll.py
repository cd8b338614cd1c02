"""What one poll found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlflow_exporter.domain import Problem, Rejection
from mlflow_exporter.evaluation.ageing import Ageing
from mlflow_exporter.evaluation.stream import MANY_BYTES, PackedSummaries, newest_of, size_of
from mlflow_exporter.profiles.summary import Summary


@dataclass
class Poll:
    """New summaries by the start of their bucket, rows read by source, rows refused, and what went wrong.

    `restarted` tells that what was counted before was dropped (a snapshot that changed); `many` that the summaries
    were too large to be kept here, and are in the state only. `newest` is the latest event time among the new rows.
    """

    ageing: Ageing
    added: dict[int, Summary] = field(default_factory=dict)
    rows_read: Counter[str] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    restarted: bool = False
    many: bool = False
    newest: float | None = None
    _size: int = 0

    def report(self, problem: Problem) -> None:
        """Note a problem, once."""
        if problem not in self.problems:
            self.problems.append(problem)

    def add(self, summaries: Mapping[int, Summary]) -> None:
        """Merge new summaries into those of this poll, as long as memory has room for all of them."""
        times = (self.newest, newest_of(summaries))
        self.newest = max((time for time in times if time is not None), default=None)
        self.many = self.many or isinstance(summaries, PackedSummaries)
        if not self.many:
            self._size += sum(size_of(summary) for start, summary in summaries.items() if start not in self.added)
            self.many = self._size > MANY_BYTES
        self.added = {} if self.many else merge_buckets(self.added, summaries)


def merge_buckets(a: Mapping[int, Summary], b: Mapping[int, Summary]) -> dict[int, Summary]:
    """The summaries of both, by the start of their bucket."""
    merged = dict(a)
    for start, summary in b.items():
        merged[start] = merged[start].merge(summary) if start in merged else summary
    return merged
