"""Arrow columns to encoded rows, and reference rows to the encoding that they pin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlflow_exporter.domain import Kind, Role
from mlflow_exporter.engines.categories import categories, positions_in
from mlflow_exporter.engines.sampling import Sample
from mlflow_exporter.engines.values import numbers
from mlflow_exporter.profiles.encoding import Encoding
from mlflow_exporter.profiles.joint import Codes
from mlflow_exporter.profiles.layout import CategoricalColumn, Column, Floats, Layout

MOST_COLUMNS = 64
"""Encoded columns: the sums of products of more would take most of a bucket, and their fit most of the rows."""

_TAIL = 0.001
_LEAST_SCALE = 1e-9
"""Share of its centre by which a column must vary to say anything."""


def pin_encoding(sample: Sample, layout: Layout) -> Encoding:
    """How rows of these columns are encoded: the first MOST_COLUMNS features that vary, times left out.

    A time goes on by itself, away from any baseline.
    """
    ridits = np.concatenate([_ridits(sample, column) for column in layout.categorical] or [np.zeros(0)])
    found = []
    for i, column in enumerate(layout.columns):
        if column.role is Role.FEATURE and column.kind is not Kind.TIMESTAMP:
            centre, scale = _location(_values_of(column, i, layout, ridits)(sample.column(column.name)))
            if _LEAST_SCALE * abs(centre) < scale < np.inf:
                found.append((i, centre, scale))
    kept = found[:MOST_COLUMNS]
    positions, centres, scales = (np.array([each[k] for each in kept]) for k in range(3))
    return Encoding(positions.astype(np.int64), centres.astype(np.float64), scales.astype(np.float64), ridits)


def encode_column(column: pa.ChunkedArray, encoding: Encoding, i: int, layout: Layout) -> NDArray[np.float32]:
    """(n,) the codes of the i-th encoded column; what is missing or of a wrong type is 0, as the mean is."""
    position = int(encoding.positions[i])
    described = layout.columns[position]
    return encoding.code(_values_of(described, position, layout, encoding.ridits)(column), i)


def encode_sample(sample: Sample, encoding: Encoding, layout: Layout) -> Codes:
    """(D, n) the codes of the rows of a sample."""
    codes = np.zeros((encoding.width, sample.table.num_rows), np.float32)
    for i, position in enumerate(encoding.positions.tolist()):
        codes[i] = encode_column(sample.column(layout.columns[position].name), encoding, i, layout)
    return codes


def _values_of(described: Column, position: int, layout: Layout, ridits: Floats) -> Callable[[pa.ChunkedArray], Floats]:
    """What reads a column as numbers (n,), NaN where there is none."""
    if not isinstance(described, CategoricalColumn):
        return lambda column: numbers(column, described.kind).floats()
    start, stop = layout.categorical_starts[position - len(layout.numeric) :][:2]
    return lambda column: _ridits_of(column, described, ridits[start:stop])


def _ridits_of(column: pa.ChunkedArray, described: CategoricalColumn, ridits: Floats) -> Floats:
    read = categories(column)
    of_name = np.append(ridits[positions_in(described.categories, read.names)], np.nan)
    return of_name[read.codes]


def _ridits(sample: Sample, column: CategoricalColumn) -> Floats:
    """(K + 1,) the ridit of each category, which are in order of weight, and of all others; 0 of what is no feature."""
    if column.role is not Role.FEATURE:
        return np.zeros(column.cells)
    read = categories(sample.column(column.name))
    cells = positions_in(column.categories, read.names)[read.codes[read.codes >= 0]]
    shares = np.bincount(cells, minlength=column.cells) / max(len(cells), 1)
    return np.cumsum(shares) - shares / 2


def _location(values: Floats) -> tuple[float, float]:
    """Mean and standard deviation of the finite values, without the weight of the outermost ones."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        inner = np.clip(finite, *np.quantile(finite, [_TAIL, 1 - _TAIL]))
        return float(inner.mean()), float(inner.std())
