"""What one poll found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlflow_exporter.domain import Problem, Rejection
from mlflow_exporter.evaluation.ageing import Ageing
from mlflow_exporter.profiles.summary import Summary


@dataclass
class Poll:
    """New summaries by the start of their bucket, rows read by source, rows refused, and what went wrong.

    `restarted` tells that what was counted before was dropped (a snapshot that changed).
    """

    ageing: Ageing
    added: dict[int, Summary] = field(default_factory=dict)
    rows_read: Counter[str] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    restarted: bool = False

    def report(self, problem: Problem) -> None:
        """Note a problem, once."""
        if problem not in self.problems:
            self.problems.append(problem)

    def add(self, summaries: Mapping[int, Summary]) -> None:
        """Merge new summaries into those of this poll."""
        self.added = merge_buckets(self.added, summaries)

    @property
    def newest(self) -> float | None:
        """The latest event time among the new rows, None without any."""
        return max((summary.newest for summary in self.added.values() if summary.newest is not None), default=None)


def merge_buckets(a: Mapping[int, Summary], b: Mapping[int, Summary]) -> dict[int, Summary]:
    """The summaries of both, by the start of their bucket."""
    merged = dict(a)
    for start, summary in b.items():
        merged[start] = merged[start].merge(summary) if start in merged else summary
    return merged
