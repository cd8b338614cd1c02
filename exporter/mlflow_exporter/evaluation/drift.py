"""Drift of every column of a window: scores, thresholds and which test decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.domain import Role
from mlflow_exporter.evaluation.dataset import DatasetEvaluator
from mlflow_exporter.evaluation.distributions import Shapes
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.layout import Column, NumericColumn
from mlflow_exporter.profiles.profile import Profile
from mlflow_exporter.results import DriftScore
from mlflow_exporter.statistics.catalogue import drift_tests
from mlflow_exporter.statistics.null import Null
from mlflow_exporter.statistics.thresholds import Scores, column_rate, evaluate
from mlflow_exporter.statistics.views import CATEGORICAL, Views, nulls_of

MINIMUM_ROWS = 30
"""Below this many values a column is not tested: only a gross change could be told from chance."""


@dataclass(frozen=True)
class DriftPolicy:
    """Which tests a model's columns get, the deciding one first, and from which score drift is of interest.

    `columns` and `column_floors` are exceptions by name; a column's floor is its deciding test's. `dataset` are the
    tests of whole rows.
    """

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    false_alarm_rate: float
    floors: Mapping[str, float] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    column_floors: Mapping[str, float] = field(default_factory=dict)
    dataset: tuple[str, ...] = ()

    def tests_of(self, column: Column) -> tuple[str, ...]:
        """The tests of a column."""
        usual = self.numeric if isinstance(column, NumericColumn) else self.categorical
        return self.columns.get(column.name, usual)

    def floor(self, column: Column, test: str) -> float:
        """The score of a test from which a column's drift is of interest."""
        if column.name in self.column_floors and self.tests_of(column)[0] == test:
            return self.column_floors[column.name]
        return self.floors.get(test, drift_tests()[test].FLOOR)


@dataclass(frozen=True, eq=False)
class DriftEvaluator:
    """Compares windows with a baseline."""

    baseline: Baseline
    policy: DriftPolicy

    @cached_property
    def shapes(self) -> Shapes:
        """The baseline's columns as they are drawn."""
        return Shapes(self.baseline.summary.profile)

    @cached_property
    def dataset(self) -> DatasetEvaluator:
        """Compares whole rows."""
        policy = self.policy
        return DatasetEvaluator(self.baseline.geometry, policy.dataset, policy.false_alarm_rate, policy.floors)

    @cached_property
    def _views(self) -> Views:
        return Views.of(self.baseline.summary.profile)

    @cached_property
    def _nulls(self) -> dict[str, Null]:
        return nulls_of(self.baseline.nulls)

    def scores(self, window: Profile) -> tuple[DriftScore, ...]:
        """Every test of every column that both sides have enough values of, in the order of the columns."""
        comparisons = self._views.compare(window)
        layout = self.baseline.layout
        testable = self._testable(window)
        rate = column_rate(self.policy.false_alarm_rate, int(testable.sum()))
        found: dict[tuple[Role, str], list[DriftScore]] = {}
        sides: tuple[tuple[tuple[Column, ...], int], ...] = (
            (layout.numeric, 0),
            (layout.categorical, len(layout.numeric)),
        )
        for columns, offset in sides:
            can = testable[offset : offset + len(columns)]
            wanted = {
                test
                for column, is_tested in zip(columns, can, strict=True)
                if is_tested
                for test in self.policy.tests_of(column)
            }
            for test in sorted(wanted):
                view = CATEGORICAL if offset else drift_tests()[test].CELLS
                floors = np.array([self.policy.floor(column, test) for column in columns])
                scores = evaluate(test, comparisons[view], rate, self._nulls.get(view), floors)
                for column, score in self._of_test(test, columns, scores, can):
                    found.setdefault((column.role, column.name), []).append(score)
        return tuple(score for column in layout.columns for score in found.get((column.role, column.name), ()))

    def _testable(self, window: Profile) -> NDArray[np.bool_]:
        """(columns,) where both the baseline and the window have enough values."""
        sides = (self.baseline.summary.profile, window)
        counts = [np.concatenate([side.numeric_counts(), side.categorical_counts()]) for side in sides]
        return np.asarray(np.minimum(*counts) >= MINIMUM_ROWS)

    def _of_test(
        self, test: str, columns: tuple[Column, ...], scores: Scores, testable: NDArray[np.bool_]
    ) -> Iterator[tuple[Column, DriftScore]]:
        for i, column in enumerate(columns):
            tests = self.policy.tests_of(column)
            if test not in tests or not testable[i] or np.isnan(scores.score[i]):
                continue
            p_value = None if scores.p_value is None else float(scores.p_value[i])
            yield (
                column,
                DriftScore(
                    column.name,
                    column.role,
                    test,
                    float(scores.score[i]),
                    float(scores.threshold[i]),
                    p_value,
                    deciding=test == tests[0],
                ),
            )
