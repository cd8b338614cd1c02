"""How often the drift tests are wrong: alarms on windows without drift, and known drifts that are missed.

    python benchmarks/drift.py [--windows 2000] [--baselines 20] [--scipy-rows 400000]

Fifty columns (normal, lognormal, heavy-tailed, discrete, categorical), each with a baseline of 20,000 rows drawn from
a distribution that is known, so that a window of any size is drawn as counts: one multinomial draw over the true
chances of the baseline's own cells is exactly what drawing rows and counting them gives. SciPy's tests get rows.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mlflow_exporter.profiles.binning import numeric_edges
from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics.catalogue import SimulatedTest, drift_tests
from mlflow_exporter.statistics.coarse import Grouping, group
from mlflow_exporter.statistics.null import Null, simulate
from mlflow_exporter.statistics.thresholds import column_rate, evaluate
from report import machine, table, write_section

Array = NDArray[Any]

BASELINE_ROWS = 20_000
WINDOW_ROWS = (50, 200, 1_000, 10_000, 100_000, 1_000_000)
DETECTION_ROWS = (1_000, 10_000, 100_000, 1_000_000)
FALSE_ALARM_RATE = 0.001
DEFAULTS = {"numeric": "ks", "categorical": "jensen_shannon"}
P_VALUE = 0.05
OTHER_TESTS_EVERY = 4
COARSE_TESTS = [name for name, test in drift_tests().items() if test.CELLS == "coarse"]

NUMERIC = [
    *[stats.norm(10 * k, 1 + k) for k in range(12)],
    *[stats.lognorm(0.5 + k / 8) for k in range(8)],
    *[stats.t(2 + k) for k in range(3)],
    *[stats.cauchy(k) for k in range(3)],
    *[stats.expon(0, 1 + k) for k in range(4)],
    *[stats.poisson(mean) for mean in (0.1, 1, 5, 100)],
    *[stats.binom(1, share) for share in (0.5, 0.1, 0.002)],
    *[stats.geom(share) for share in (0.3, 0.01, 0.0001)],
]
CATEGORICAL = [
    np.full(2, 1 / 2),
    np.array([0.95, 0.05]),
    np.array([0.6, 0.3, 0.0995, 0.0005]),
    np.full(5, 1 / 5),
    np.full(12, 1 / 12),
    *[1 / np.arange(1, cells + 1) for cells in (10, 30, 100, 300, 1_000)],
]
COLUMNS = len(NUMERIC) + len(CATEGORICAL)
RATE = column_rate(FALSE_ALARM_RATE, COLUMNS)
MOVES = {
    "10 points, one of five equal categories to another": ([0.2] * 5, [0.3, 0.1, 0.2, 0.2, 0.2]),
    "10 points to a category that the baseline has not": ([0.4, 0.3, 0.2, 0.1, 0], [0.3, 0.3, 0.2, 0.1, 0.1]),
    "10 points, the largest of 0.4, 0.3, 0.2, 0.1 to the smallest": ([0.4, 0.3, 0.2, 0.1], [0.3, 0.3, 0.2, 0.2]),
    "10 points, 0.5 and 0.5 to 0.6 and 0.4": ([0.5, 0.5], [0.6, 0.4]),
}


@dataclass(frozen=True, eq=False)
class Cells:
    """Columns of a baseline in cells, and the true chance of each cell."""

    starts: Array
    baseline: Array
    chances: Array

    def windows(self, rng: np.random.Generator, rows: int, count: int) -> Iterator[Comparison]:
        """Windows without drift, as counts."""
        bounds = list(zip(self.starts[:-1], self.starts[1:], strict=True))
        drawn = np.hstack([rng.multinomial(rows, self.chances[a:b], count) for a, b in bounds])
        return (Comparison(self.starts, self.baseline, window) for window in drawn)

    @cached_property
    def null(self) -> Null:
        """The simulated null distributions of the tests on coarse cells."""
        tests = {name: test for name, test in drift_tests().items() if isinstance(test, SimulatedTest)}
        coarse = {name: test for name, test in tests.items() if test.CELLS == "coarse"}
        return simulate(Comparison(self.starts, self.baseline, self.baseline), coarse, workers=2)


def numeric_cells(rng: np.random.Generator) -> Cells:
    """The numeric columns, each in the bins of a baseline of its own."""
    edges, counts, chances = [], [], []
    for distribution in NUMERIC:
        rows = distribution.rvs(BASELINE_ROWS, random_state=rng)
        edges.append(numeric_edges(rows))
        cell = np.searchsorted(edges[-1], rows, side="right")
        counts.append(np.bincount(cell, minlength=len(edges[-1]) + 1))
        chances.append(_chances(distribution, edges[-1]))
    starts = np.cumsum([0, *map(len, counts)])
    return Cells(starts, np.concatenate(counts), np.concatenate(chances))


def _chances(distribution: Any, edges: Array) -> Array:
    """The chance of each bin: at an edge, the distribution function of what lies strictly below."""
    below = distribution.cdf(edges) if hasattr(distribution.dist, "pdf") else distribution.cdf(np.ceil(edges) - 1)
    chances: Array = np.diff(below, prepend=0, append=1).clip(0)
    return chances


def categorical_cells(rng: np.random.Generator) -> Cells:
    """The categorical columns; the last cell of each is for what the baseline has not."""
    counts, chances = [], []
    for weights in CATEGORICAL:
        shares = weights / weights.sum()
        drawn = rng.multinomial(BASELINE_ROWS, shares)
        counts.append([*drawn[drawn > 0], 0])
        chances.append([*shares[drawn > 0], shares[drawn == 0].sum()])
    return Cells(np.cumsum([0, *map(len, counts)]), np.concatenate(counts), np.concatenate(chances))


def coarse_cells(fine: Cells) -> tuple[Grouping, Cells]:
    """The numeric columns in coarse cells."""
    grouping = group(fine.baseline, fine.starts)
    merged = np.add.reduceat(fine.chances, grouping.cells)
    return grouping, Cells(grouping.starts, grouping.merge(fine.baseline), merged)


@dataclass(eq=False)
class Tally:
    """How many windows there were, and in how many of them any column gave an alarm."""

    windows: int = 0
    alarms: int = 0

    def add(self, alarm: bool) -> None:
        """Count one window."""
        self.windows += 1
        self.alarms += alarm

    def __str__(self) -> str:
        return f"{self.alarms / self.windows:.2%}" if self.windows else ""


def false_alarms(rng: np.random.Generator, baselines: int, windows: int) -> dict[int, dict[str, Tally]]:
    """Undrifted windows by their rows: the alarms of the default tests, and of each other test alone."""
    tallies: dict[int, dict[str, Tally]] = {rows: defaultdict(Tally) for rows in WINDOW_ROWS}
    for _ in range(baselines):
        numbers, categories = numeric_cells(rng), categorical_cells(rng)
        grouping, coarse = coarse_cells(numbers)
        for rows, tally in tallies.items():
            drawn = zip(numbers.windows(rng, rows, windows), categories.windows(rng, rows, windows), strict=True)
            for i, (fine, cells) in enumerate(drawn):
                by_ks, by_default = _alarm("ks", fine, None), _alarm(DEFAULTS["categorical"], cells, categories.null)
                tally["defaults"].add(by_ks or by_default)
                if i % OTHER_TESTS_EVERY == 0:
                    merged = grouping.comparison(fine)
                    for name in COARSE_TESTS:
                        tally[name].add(_alarm(name, merged, coarse.null) or _alarm(name, cells, categories.null))
    return tallies


def _alarm(name: str, comparison: Comparison, null: Null | None) -> bool:
    scores = evaluate(name, comparison, RATE, null)
    return bool((scores.score > scores.threshold).any())


def scipy_false_alarms(rng: np.random.Generator, rows: int, windows: int) -> Tally:
    """Undrifted windows in which SciPy's ks_2samp or chi2_contingency gives any column p < 0.05."""
    tally = Tally()
    for _ in range(windows):
        numeric = (_scipy_numeric(rng, distribution, rows) for distribution in NUMERIC)
        categorical = (_scipy_categorical(rng, weights / weights.sum(), rows) for weights in CATEGORICAL)
        tally.add(any(numeric) or any(categorical))
    return tally


def _scipy_numeric(rng: np.random.Generator, distribution: Any, rows: int) -> bool:
    baseline, window = (distribution.rvs(n, random_state=rng) for n in (BASELINE_ROWS, rows))
    return bool(stats.ks_2samp(baseline, window, method="asymp").pvalue < P_VALUE)


def _scipy_categorical(rng: np.random.Generator, shares: Array, rows: int) -> bool:
    sides = np.array([rng.multinomial(n, shares) for n in (BASELINE_ROWS, rows)])
    return bool(stats.chi2_contingency(sides[:, sides.sum(axis=0) > 0]).pvalue < P_VALUE)


def shift_detections(rng: np.random.Generator, rows: int, baselines: int, windows: int) -> Tally:
    """Windows in which ks finds a normal column's shift by 0.3 standard deviations."""
    tally = Tally()
    for _ in range(baselines):
        sample = rng.normal(size=BASELINE_ROWS)
        edges = numeric_edges(sample)
        counts = np.bincount(np.searchsorted(edges, sample, side="right"), minlength=len(edges) + 1)
        drifted = Cells(np.array([0, len(counts)]), counts, _chances(stats.norm(0.3), edges))
        for window in drifted.windows(rng, rows, windows):
            tally.add(_alarm("ks", window, None))
    return tally


def move_detections(rng: np.random.Generator, move: str, rows: int, baselines: int, windows: int) -> Tally:
    """Windows in which jensen_shannon finds category mass that moved."""
    tally, (before, after) = Tally(), (np.array(shares) for shares in MOVES[move])
    for _ in range(baselines):
        drifted = Cells(np.array([0, len(before)]), rng.multinomial(BASELINE_ROWS, before), after)
        for window in drifted.windows(rng, rows, windows):
            tally.add(_alarm(DEFAULTS["categorical"], window, drifted.null))
    return tally


def main() -> None:
    """Replay, count and write the section."""
    arguments = _arguments()
    rng = np.random.default_rng(20_251_121)
    baselines, windows = arguments.baselines, arguments.windows // arguments.baselines
    tallies = false_alarms(rng, baselines, windows)
    scipys = [scipy_false_alarms(rng, rows, max(3, min(100, arguments.scipy_rows // rows))) for rows in WINDOW_ROWS]
    found = {"shift by 0.3 σ (ks)": [shift_detections(rng, rows, baselines, windows) for rows in DETECTION_ROWS]}
    for move in MOVES:
        found[f"{move} (jensen_shannon)"] = [
            move_detections(rng, move, rows, baselines, windows) for rows in DETECTION_ROWS
        ]
    write_section("drift", _markdown(tallies, scipys, found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=2_000)
    parser.add_argument("--baselines", type=int, default=20)
    parser.add_argument("--scipy-rows", type=int, default=400_000, help="about how many rows SciPy gets a column")
    return parser.parse_args()


def _markdown(tallies: dict[int, dict[str, Tally]], scipys: list[Tally], found: dict[str, list[Tally]]) -> str:
    names = {"defaults": "**mlflow-exporter's defaults** (ks, jensen_shannon)"}
    names |= {name: f"{name} alone, coarse cells and categories" for name in COARSE_TESTS}
    alarms = [(title, *(str(tally[name]) for tally in tallies.values())) for name, title in names.items()]
    scipy = (f"SciPy, p < {P_VALUE} (ks_2samp, chi2_contingency)", *map(str, scipys))
    counts = ("windows that SciPy got", *(str(tally.windows) for tally in scipys))
    detected = [(title, *map(str, tallied)) for title, tallied in found.items()]
    setting = (
        f"Baselines of {BASELINE_ROWS:,} rows, {COLUMNS} columns (normal, lognormal, heavy-tailed, discrete, "
        f"categorical), false_alarm_rate {FALSE_ALARM_RATE}. {machine()}."
    )
    replayed = tallies[WINDOW_ROWS[0]]["defaults"].windows
    return "\n\n".join(
        [
            "## Drift: false alarms and detections",
            setting,
            f"Of {replayed:,} windows without drift, the share with an alarm in any column, by the window's rows:",
            table(("", *(f"{rows:,}" for rows in WINDOW_ROWS)), [alarms[0], scipy, counts, *alarms[1:]]),
            f"Drifts found in one column, at its share of the false-alarm rate ({RATE:.0e}), by the window's rows:",
            table(("", *(f"{rows:,}" for rows in DETECTION_ROWS)), detected),
        ]
    )


if __name__ == "__main__":
    main()
