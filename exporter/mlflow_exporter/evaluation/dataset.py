"""Drift of a window's rows as a whole: what columns do together, which no test of a single column sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mlflow_exporter.domain import Problem
from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.profiles.joint import JointTally
from mlflow_exporter.results import DatasetDrift, Skipped
from mlflow_exporter.statistics.multivariate.catalogue import DatasetTest, dataset_tests, is_installed
from mlflow_exporter.statistics.multivariate.fitting import FEWEST_ROWS as FEWEST_FITTED

FEWEST_ROWS = 100
"""Below this many rows a window is not tested: a few rows say little of how many columns go together."""

SAMPLED = "domain_classifier"
"""The test that needs rows of the baseline and of the window, encoded; its score takes tenths of a second."""

_REMEMBERED = 16


@dataclass(eq=False)
class DatasetEvaluator:
    """Compares windows with the geometry of a baseline; `tests` are the names of the dataset tests asked for."""

    geometry: Geometry | None
    tests: tuple[str, ...]
    false_alarm_rate: float
    floors: Mapping[str, float] = field(default_factory=dict)
    _known: dict[bytes, float] = field(default_factory=dict)

    def scores(self, window: JointTally | None) -> tuple[DatasetDrift, ...]:
        """Every test that was asked for and can be computed."""
        return tuple(
            self._score(name, self.geometry, window)
            for name in self.tests
            if self.geometry is not None and window is not None and self._obstacle(name, window) is None
        )

    def skipped(self, window: JointTally | None) -> Iterator[Skipped]:
        """Every test that was asked for and cannot be computed, and why."""
        for name in self.tests:
            reason = self._obstacle(name, window)
            if reason is not None:
                yield Skipped(name, reason)

    def outlier_ratio(self, window: JointTally | None) -> float | None:
        """Share of the rows outside the baseline's region; None where rows are not counted as points."""
        return window.outliers / window.rows if self.tests and window is not None and window.rows else None

    def problems(self, baseline_rows: int) -> Iterator[Problem]:
        """What of the tests that were asked for can never be computed with this baseline, or here."""
        for name in self.tests:
            where = f"drift.dataset: {name}"
            if not is_installed(dataset_tests()[name]):
                yield Problem(where, "scikit-learn is not installed", "pip install 'mlflow-exporter[estimation]'")
            elif baseline_rows and self.geometry is None:
                what = f"the baseline has fewer than {FEWEST_FITTED:,} rows, or than two features that vary"
                yield Problem(where, what, "make one of more rows, or remove the test")
            elif self.geometry is not None and name == SAMPLED and not len(self.geometry.sample):
                mend = "make it anew with `mlflow-exporter baseline --config.file` or `--keep-rows`, or remove the test"
                yield Problem(where, "the baseline has no sample of encoded rows", mend)

    def _obstacle(self, name: str, window: JointTally | None) -> str | None:
        test = dataset_tests()[name]
        if not is_installed(test):
            return "not_installed"
        if self.geometry is None:
            return "no_baseline"
        baseline_rows, rows = (0, 0) if window is None else test.sizes(self.geometry, window)
        if window is not None and baseline_rows < FEWEST_ROWS:
            return "no_baseline"
        return "too_few_rows" if rows < FEWEST_ROWS else None

    def _score(self, name: str, geometry: Geometry, window: JointTally) -> DatasetDrift:
        test = dataset_tests()[name]
        critical = test.critical(geometry, window, self.false_alarm_rate)
        floor = self.floors.get(name, test.FLOOR)
        score = test.score(geometry, window) if name != SAMPLED else self._remembered(test, geometry, window)
        return DatasetDrift(name, score, max(floor, critical))

    def _remembered(self, test: DatasetTest, geometry: Geometry, window: JointTally) -> float:
        """The score of a sample, computed anew only where other rows are in it."""
        rows = window.keys.tobytes()
        if rows not in self._known:
            self._known[rows] = test.score(geometry, window)
            for oldest in list(self._known)[:-_REMEMBERED]:
                del self._known[oldest]
        return self._known[rows]
