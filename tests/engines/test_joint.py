from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlflow_exporter.domain import Task
from mlflow_exporter.engines import joint
from mlflow_exporter.engines.inference import Request
from mlflow_exporter.engines.joint import joint_tallies
from mlflow_exporter.engines.local import Groups, LocalEngine
from mlflow_exporter.engines.plan import Parts, Plan
from mlflow_exporter.engines.reference import make_baseline
from mlflow_exporter.engines.rows import Refusals, interpret
from mlflow_exporter.engines.summaries import summarise
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.joint import JointTally

N, G = 2_000, 3
PARTS = Parts("y")


def rows_of(seed: int, rows: int = N) -> pa.Table:
    """Three features of which two go together, and a prediction."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 10, rows)
    frame = {"age": age, "pay": 1_000 + 50 * age + rng.normal(0, 100, rows), "city": rng.choice(["a", "b"], rows)}
    return pa.table({**frame, "y": rng.normal(size=rows)})


def whole(tallies: list[JointTally | None]) -> JointTally:
    """All of them merged."""
    return reduce(JointTally.merge, [tally for tally in tallies if tally is not None])


@pytest.fixture(scope="module")
def baseline(engine: LocalEngine, tables: Callable[..., Any]) -> Baseline:
    """A baseline with a geometry and a sample."""
    request = Request(PARTS, Task.REGRESSION, sampled=True)
    return make_baseline(tables([rows_of(1)]), request, engine, 0.0).baseline


@pytest.fixture(scope="module")
def plan(baseline: Baseline) -> Plan:
    """The plan of a model whose rows are counted as points."""
    return Plan(baseline.layout, baseline.spec, PARTS, geometry=baseline.geometry, sampled=True)


@pytest.fixture
def chunk_of(tables: Callable[..., Any]) -> Callable[[pa.Table], Any]:
    """A table as a chunk."""
    return lambda table: next(tables([table]).poll({}, {}))


def keys_of(rows: int) -> np.ndarray:
    return np.random.default_rng(rows).integers(0, 2**64, (rows, 1), np.uint64)


def test_the_baseline_has_a_geometry_of_its_features(baseline: Baseline) -> None:
    """It survives the artifact; the sample is there because it was asked for."""
    read = Baseline.unpack(baseline.packed, "").geometry
    assert read is not None
    assert baseline.geometry is not None
    assert (read.encoding.width, len(read.sample)) == (3, N)
    assert all(np.array_equal(array, read.arrays()[name]) for name, array in baseline.geometry.arrays().items())


def test_each_group_has_its_rows(plan: Plan, chunk_of: Any) -> None:
    """Groups have the products, outliers and samples of their rows, and together those of all rows that are kept."""
    table, groups = rows_of(2), np.random.default_rng(0).integers(-1, G, N)
    chunk, keys = chunk_of(table), keys_of(N)
    tallies = list(joint_tallies(chunk, keys, plan, Groups.by(groups, G)))
    kept = pa.array(np.flatnonzero(groups >= 0))
    expected = list(joint_tallies(chunk_of(table.take(kept)), keys[groups >= 0], plan, Groups.whole(len(kept))))
    assert [tally.rows for tally in tallies if tally is not None] == np.bincount(groups[groups >= 0]).tolist()
    merged, at_once = whole(tallies), whole(expected)
    assert (merged.rows, merged.outliers) == (at_once.rows, at_once.outliers)
    assert merged.products == pytest.approx(at_once.products, rel=1e-4, abs=1e-2)
    assert np.array_equal(merged.codes, at_once.codes)


def test_few_rows_and_many_are_read_in_other_ways_to_the_same_end(
    plan: Plan, chunk_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether columns are read at once or a few at a time changes nothing."""
    chunk, keys = chunk_of(rows_of(2)), keys_of(N)
    few = whole(list(joint_tallies(chunk, keys, plan, Groups.whole(N))))
    monkeypatch.setattr(joint, "FEW_ROWS", 1)
    monkeypatch.setattr(joint, "COLUMNS_AT_ONCE", 1)
    many = whole(list(joint_tallies(chunk, keys, plan, Groups.whole(N))))
    assert all(np.array_equal(array, many.arrays()[name]) for name, array in few.arrays().items())


@pytest.mark.parametrize("shuffled", (False, True))
def test_of_a_large_chunk_evenly_spread_rows_are_encoded(
    plan: Plan, chunk_of: Any, monkeypatch: pytest.MonkeyPatch, shuffled: bool
) -> None:
    """At most MOST_ROWS, each third one here; the tally says how many."""
    monkeypatch.setattr(joint, "MOST_ROWS", N // 3 + 1)
    table, keys = rows_of(2), keys_of(N)
    group = np.random.default_rng(0).integers(0, 2, N) if shuffled else np.zeros(N, np.int64)
    found = whole(list(joint_tallies(chunk_of(table), keys, plan, Groups.by(group, 2))))
    third = chunk_of(table.take(pa.array(np.arange(0, N, 3))))
    expected = whole(list(joint_tallies(third, keys[::3], plan, Groups.whole(third.rows))))
    assert found.rows == expected.rows == third.rows
    assert found.products == pytest.approx(expected.products, rel=1e-4, abs=1e-2)
    assert np.array_equal(found.codes, expected.codes)


def test_a_column_that_is_not_there_is_missing_in_each_row(plan: Plan, chunk_of: Any) -> None:
    """Rows without a column have its code at the centre."""
    chunk = chunk_of(rows_of(2).drop_columns("pay"))
    tally = whole(list(joint_tallies(chunk, keys_of(N), plan, Groups.whole(N))))
    assert tally.matrix[1].tolist() == [0, 0, 0]
    assert tally.matrix[0, 0] == pytest.approx(N, rel=0.1)


def test_without_a_wish_nothing_is_encoded(plan: Plan, chunk_of: Any, engine: LocalEngine) -> None:
    """No geometry in the plan, no tally; no wish for a sample, none."""
    table = rows_of(2)
    chunk, refusals = chunk_of(table), Refusals(N, "")
    for asked, expected in ((replace(plan, geometry=None), None), (replace(plan, sampled=False), 0)):
        rows = interpret(table, asked, 0.0, refusals)
        (summary,) = summarise(engine, chunk, rows, asked, Groups.whole(N))
        assert (None if summary.joint is None else len(summary.joint.keys)) == expected


def test_no_rows_have_an_empty_tally(plan: Plan, chunk_of: Any) -> None:
    """A chunk without rows that are kept changes nothing."""
    chunk = chunk_of(rows_of(2).slice(0, 0))
    tally = whole(list(joint_tallies(chunk, keys_of(0), plan, Groups.whole(0))))
    assert (tally.rows, tally.outliers) == (0, 0)
    assert not tally.products.any()


def test_the_sample_is_not_of_the_smallest_ids(plan: Plan, chunk_of: Any) -> None:
    """Keys that grow with the rows give a sample from all over them."""
    keys = np.arange(N, dtype=np.uint64)[:, np.newaxis]
    tally = whole(list(joint_tallies(chunk_of(rows_of(2)), keys, plan, Groups.whole(N))))
    ages = rows_of(2)["age"].to_numpy()
    assert plan.geometry is not None
    codes = plan.geometry.encoding.code(ages, 0).astype(np.float16)
    places = [int(np.flatnonzero(codes == code)[0]) for code in tally.codes[:, 0]]
    assert np.mean(places) == pytest.approx(N / 2, rel=0.1)
