"""How often pca_reconstruction gives an alarm on windows of rows that are distributed as the baseline's.

    python benchmarks/drift_dataset.py [--baselines 100] [--windows 100]

Each baseline is drawn, encoded and fitted anew, as the exporter does it; its windows are drawn with replacement from a
pool of further rows of the same population.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from drift import FALSE_ALARM_RATE, Tally
from mlflow_exporter.domain import Kind, Role
from mlflow_exporter.engines.encoding import encode_sample, pin_encoding
from mlflow_exporter.engines.sampling import Sample
from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.profiles.joint import JointTally
from mlflow_exporter.profiles.layout import Layout, NumericColumn
from mlflow_exporter.statistics.multivariate import pca_reconstruction
from mlflow_exporter.statistics.multivariate.fitting import fit
from report import machine, table, write_section

Array: TypeAlias = NDArray[Any]
Draw: TypeAlias = Callable[[np.random.Generator, int], Array]

COLUMNS = 10
POOL_ROWS = 100_000
BASELINE_ROWS = (2_000, 20_000)
WINDOW_ROWS = (100, 1_000, 10_000)
DEGREES = 3
OWN = 0.4
LAYOUT = Layout([NumericColumn(Role.FEATURE, f"x{i}", Kind.FLOAT, np.array([0.0, 1.0]), False) for i in range(COLUMNS)])


def _normal(rng: np.random.Generator, *size: int) -> Array:
    return rng.normal(size=size)


def _heavy(rng: np.random.Generator, *size: int) -> Array:
    return rng.standard_t(DEGREES, size)


POPULATIONS: Mapping[str, Draw] = {
    "normal": lambda rng, rows: _normal(rng, COLUMNS, rows),
    "heavy tails": lambda rng, rows: _heavy(rng, COLUMNS, rows),
    "log-normal": lambda rng, rows: np.exp(_normal(rng, COLUMNS, rows)),
    "one factor": lambda rng, rows: _normal(rng, 1, rows) + OWN * _normal(rng, COLUMNS, rows),
    "one factor, heavy tails": lambda rng, rows: _heavy(rng, 1, rows) + OWN * _heavy(rng, COLUMNS, rows),
}


def false_alarms(rng: np.random.Generator, draw: Draw, rows: int, baselines: int, windows: int) -> dict[int, Tally]:
    """Alarms by the rows of a window, with baselines of so many rows."""
    tallies = {size: Tally() for size in WINDOW_ROWS}
    for _ in range(baselines):
        geometry, pool = _fitted(_sample(draw(rng, rows)), _sample(draw(rng, POOL_ROWS)))
        for size, tally in tallies.items():
            for chosen in rng.integers(0, POOL_ROWS, (windows, size)):
                tally.add(_alarm(geometry, JointTally.of(pool[:, chosen], 0)))
    return tallies


def _sample(values: Array) -> Sample:
    return Sample(pa.table(dict(zip((column.name for column in LAYOUT.columns), values, strict=True))))


def _fitted(baseline: Sample, pool: Sample) -> tuple[Geometry, Array]:
    """The geometry of a baseline, and the pool in its codes."""
    encoding = pin_encoding(baseline, LAYOUT)
    geometry = fit(encode_sample(baseline, encoding, LAYOUT), encoding)
    if geometry is None:
        raise SystemExit("the baseline has too few rows")
    return geometry, encode_sample(pool, encoding, LAYOUT)


def _alarm(geometry: Geometry, window: JointTally) -> bool:
    critical = pca_reconstruction.critical(geometry, window, FALSE_ALARM_RATE)
    return pca_reconstruction.score(geometry, window) > max(pca_reconstruction.FLOOR, critical)


def main() -> None:
    """Replay, count and write the section."""
    arguments = _arguments()
    rng = np.random.default_rng(20_251_121)
    found = []
    for name, draw in POPULATIONS.items():
        for rows in BASELINE_ROWS:
            tallies = false_alarms(rng, draw, rows, arguments.baselines, arguments.windows)
            found.append((f"{name}, baseline of {rows:,} rows", *map(str, tallies.values())))
    write_section("drift_dataset", _markdown(found, arguments.baselines * arguments.windows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--baselines", type=int, default=100)
    parser.add_argument("--windows", type=int, default=100, help="of each size, for each baseline")
    return parser.parse_args()


def _markdown(found: list[tuple[str, ...]], windows: int) -> str:
    setting = (
        f"{COLUMNS} columns, false_alarm_rate {FALSE_ALARM_RATE}; heavy tails: Student's t with {DEGREES} degrees of "
        f"freedom; one factor: {1 / (1 + OWN**2):.0%} of the variance of every column. {machine()}."
    )
    return "\n\n".join(
        [
            "## Drift of rows as a whole: false alarms of pca_reconstruction",
            setting,
            f"Of {windows:,} windows without drift, the share with an alarm, by the window's rows:",
            table(("", *(f"{rows:,}" for rows in WINDOW_ROWS)), found),
        ]
    )


if __name__ == "__main__":
    main()
