"""The rows of a chunk as points: how the values of each row go together, for each group of rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlflow_exporter.engines.encoding import encode_column
from mlflow_exporter.engines.identity import Hashes
from mlflow_exporter.engines.local import COLUMNS_AT_ONCE, FEW_ROWS, Groups, Readable
from mlflow_exporter.engines.plan import Plan
from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.profiles.joint import Codes, JointTally, Keys
from mlflow_exporter.profiles.layout import Ints

MOST_ROWS = 100_000
"""Rows of a chunk that are encoded at once; of a larger one as many, evenly spread, so that memory does not grow."""


def joint_tallies(chunk: Readable, keys: Hashes, plan: Plan, groups: Groups) -> Iterator[JointTally | None]:
    """The tally of each group's rows; None where the plan asks for none. `keys` (n, 2) are the rows' identities."""
    if plan.geometry is None:
        yield from (None for _ in range(len(groups)))
        return
    every = -(-chunk.rows // MOST_ROWS) if chunk.rows else 1
    codes = _encode(chunk, every, plan, plan.geometry)
    sampling = _shuffled(keys[::every, 0]) if plan.sampled else None
    for g in range(len(groups)):
        chosen = _chosen(groups, g, every)
        mine = codes[:, chosen]
        yield JointTally.of(mine, plan.geometry.outliers(mine), None if sampling is None else sampling[chosen])


def _chosen(groups: Groups, group: int, every: int) -> Ints | slice:
    """Which of the encoded rows are in a group."""
    if groups.order is None and every == 1:
        return slice(*groups.bounds[group : group + 2])
    rows = groups.rows_of(group)
    encoded: Ints = rows[rows % every == 0] // every
    return encoded


def _encode(chunk: Readable, every: int, plan: Plan, geometry: Geometry) -> Codes:
    """(D, rows / every) codes; a column that the chunk has not is missing in each of its rows."""
    encoding, layout = geometry.encoding, plan.layout
    described = [layout.columns[position] for position in encoding.positions.tolist()]
    names = [plan.columns[column.role, column.name] for column in described]
    there = [i for i, name in enumerate(names) if name in chunk.names]
    codes = np.zeros((encoding.width, -(-chunk.rows // every)), np.float32)
    at_once = max(len(there), 1) if chunk.rows < FEW_ROWS else COLUMNS_AT_ONCE
    for first in range(0, len(there), at_once):
        part = there[first : first + at_once]
        table = chunk.read(list(dict.fromkeys(names[i] for i in part)))
        for i in part:
            codes[i] = encode_column(table.column(names[i]), encoding, i, layout)[::every]
    return codes


def _shuffled(keys: Keys) -> Keys:
    """Keys as uniform as a sample needs them (splitmix64: Steele, Lea, Flood, OOPSLA 2014)."""
    mixed = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
