"""Rows to summaries: profiles of their columns and tallies of their outcomes, for each group of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlflow_exporter.domain import Role, Task
from mlflow_exporter.engines.joint import joint_tallies
from mlflow_exporter.engines.local import Groups, LocalEngine, Readable, count_column
from mlflow_exporter.engines.plan import LABEL, Plan
from mlflow_exporter.engines.rows import OTHER, Rows
from mlflow_exporter.profiles import counting
from mlflow_exporter.profiles.classification import ClassificationTally
from mlflow_exporter.profiles.confidence import ConfidenceTally
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.profile import Profile
from mlflow_exporter.profiles.regression import RegressionTally
from mlflow_exporter.profiles.summary import DELAY, EVERY_ROW, LATENCY, TIMINGS, OutcomeTally, Summary

_TIMING_INDEX = {column.name: i for i, column in enumerate(TIMINGS.numeric)}


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Predictions with their labels, one a row: `actual` and `predicted` (n,), `probabilities` (n, K) or None.

    `segments` has (n,) codes for each segment column, -1 where the row's is not known; `delays` (n,) are
    seconds, NaN where unknown.
    """

    actual: Ints | Floats
    predicted: Ints | Floats
    probabilities: Floats | None
    segments: Mapping[str, Ints]
    delays: Floats | None = None

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Outcomes:
        """Only these rows."""
        return Outcomes(
            self.actual[rows],
            self.predicted[rows],
            None if self.probabilities is None else self.probabilities[rows],
            {name: codes[rows] for name, codes in self.segments.items()},
            None if self.delays is None else self.delays[rows],
        )


def summarise(engine: LocalEngine, chunk: Readable, rows: Rows, plan: Plan, groups: Groups) -> Iterator[Summary]:
    """The summary of each group of a chunk's rows, outcomes of the labelled ones included.

    One is made at a time, since tallies of many classes and segments take megabytes; profiles are made at once.
    """
    profiles = engine.profile(chunk, plan.layout, plan.columns, groups)
    outcomes = Outcomes(rows.actual, rows.predicted, rows.probabilities, rows.segments)
    joint = joint_tallies(chunk, rows.keys, plan, groups)
    for g, (profile, tally) in enumerate(zip(profiles, joint, strict=True)):
        chosen = groups.rows_of(g)
        labelled = chosen[rows.labelled[chosen]]
        summary = Summary(
            profile,
            _timings(LATENCY, None if rows.latency is None else rows.latency[chosen]),
            plan.outcome,
            _confidence(plan, rows, chosen),
            segment_rows=_segment_rows(plan, rows.segments, chosen),
            newest=None if rows.times is None or not len(chosen) else float(rows.times[chosen].max()),
            joint=tally,
        )
        yield _with_outcomes(summary, plan, outcomes.take(labelled))


def summarise_labels(labels: pa.ChunkedArray, outcomes: Outcomes, plan: Plan, groups: Groups) -> Iterator[Summary]:
    """The summary of labels that came after their predictions: `labels` (n,) as read, `outcomes` what they are of.

    The predictions have been counted already, so these summaries have no rows of their own. They are made in the
    calling thread, one at a time: whoever joins labels holds the state's write lock, and must not wait for others.
    """
    profiles = [Profile.empty(plan.layout) for _ in range(len(groups))]
    position = plan.layout.position.get((Role.LABEL, LABEL))
    if position is not None and profiles:
        count_column(profiles, position, labels, groups)
    for g, profile in enumerate(profiles):
        chosen = outcomes.take(groups.rows_of(g))
        summary = Summary(profile, _timings(DELAY, chosen.delays), plan.outcome)
        yield _with_outcomes(summary, plan, chosen)


def _with_outcomes(summary: Summary, plan: Plan, outcomes: Outcomes) -> Summary:
    if not len(outcomes.actual):
        return summary
    tallies = {EVERY_ROW: _tally(plan, outcomes)}
    for column, codes in outcomes.segments.items():
        for segment, chosen in _segments(plan, column, codes).items():
            tallies[segment] = _tally(plan, outcomes.take(chosen))
    return replace(summary, outcomes=tallies, labelled=len(outcomes.actual))


def _tally(plan: Plan, outcomes: Outcomes) -> OutcomeTally:
    spec, actual, predicted = plan.outcome, outcomes.actual, outcomes.predicted
    if spec.task is Task.REGRESSION:
        return RegressionTally.of(spec, actual.astype(np.float64), predicted.astype(np.float64))
    return ClassificationTally.of(spec, actual.astype(np.int64), predicted.astype(np.int64), outcomes.probabilities)


def _confidence(plan: Plan, rows: Rows, chosen: Ints) -> ConfidenceTally | None:
    return None if rows.probabilities is None else ConfidenceTally.of(plan.outcome, rows.probabilities[chosen])


def _segments(plan: Plan, column: str, codes: Ints) -> dict[str, NDArray[np.bool_]]:
    """Which rows are in each segment of a column that has any."""
    segments: dict[str, NDArray[np.bool_]] = {}
    for code in np.unique(codes[codes >= 0]).tolist():
        name = _segment(plan, column, code)
        # A category may itself be called `other`.
        segments[name] = segments.get(name, np.False_) | (codes == code)
    return segments


def _segment(plan: Plan, column: str, code: int) -> str:
    values = plan.segments[column]
    return f"{column}={values[code] if code < len(values) else OTHER}"


def _segment_rows(plan: Plan, segments: Mapping[str, Ints], chosen: Ints) -> Counter[str]:
    counts: Counter[str] = Counter()
    for column, codes in segments.items():
        for code, count in enumerate(np.bincount(codes[chosen]).tolist()):
            if count:
                counts[_segment(plan, column, code)] += count
    return counts


def _timings(name: str, seconds: Floats | None) -> Profile:
    profile = Profile.empty(TIMINGS)
    if seconds is not None:
        counting.count_numbers(profile, _TIMING_INDEX[name], seconds[~np.isnan(seconds)])
    return profile
