"""Two profiles of the same columns side by side, as flat arrays: what every drift test takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.profile import Moment, Profile, segment_sums


@dataclass(frozen=True, eq=False)
class Comparison:
    """Baseline and window counts of C columns in S cells; column i has cells starts[i]:starts[i + 1].

    `baseline` and `window` (S,) are row counts. `baseline_sums` and `window_sums` (S,) are the sums of the values in
    each cell, and `scale` (C,) the baseline's standard deviation: numeric columns in fine bins only, else None.
    Numeric cells are ordered by value. Every column has at least one cell.
    """

    starts: Ints
    baseline: Ints
    window: Ints
    baseline_sums: Floats | None = None
    window_sums: Floats | None = None
    scale: Floats | None = None

    @cached_property
    def baseline_rows(self) -> Ints:
        """(C,) m: how many values the baseline has."""
        return segment_sums(self.baseline, self.starts)

    @cached_property
    def window_rows(self) -> Ints:
        """(C,) n: how many values the window has."""
        return segment_sums(self.window, self.starts)

    @cached_property
    def column_of_cell(self) -> Ints:
        """(S,) which column a cell belongs to."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @property
    def columns(self) -> int:
        """C."""
        return len(self.starts) - 1


def compare_numbers(baseline: Profile, window: Profile) -> Comparison:
    """The numeric columns of two profiles of one layout, in their fine bins."""
    deviations = baseline.moments[Moment.M2] / np.maximum(baseline.numeric_counts(), 1)
    return Comparison(
        baseline.layout.numeric_starts, baseline.bins, window.bins, baseline.sums, window.sums, np.sqrt(deviations)
    )


def compare_categories(baseline: Profile, window: Profile) -> Comparison:
    """The categorical columns of two profiles of one layout, category by category."""
    return Comparison(baseline.layout.categorical_starts, baseline.cells, window.cells)
