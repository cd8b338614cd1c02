from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections import Counter
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlflow_exporter.domain import Kind, Role
from mlflow_exporter.engines import local
from mlflow_exporter.engines.local import COLUMNS_AT_ONCE, Groups, LocalEngine
from mlflow_exporter.profiles.binning import is_discrete, numeric_edges
from mlflow_exporter.profiles.layout import CategoricalColumn, Column, Layout, NumericColumn, Values
from mlflow_exporter.profiles.profile import Fault, Moment, Profile


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads take over early, so that tables of a test's size are counted by several."""
    monkeypatch.setattr(local, "FEW_ROWS", 1_000)


RNG = np.random.default_rng(0)
N = 3_000


class Rows:
    """A table that notes what is read of it, and by whom."""

    def __init__(self, table: pa.Table) -> None:
        self.table, self.reads = table, list[tuple[str, ...]]()
        self.threads = set[str]()

    @property
    def rows(self) -> int:
        return int(self.table.num_rows)

    @property
    def names(self) -> Sequence[str]:
        return list(self.table.column_names)

    def read(self, columns: Sequence[str], /) -> pa.Table:
        self.reads.append(tuple(columns))
        self.threads.add(threading.current_thread().name)
        return self.table.select(list(columns))


def numeric(name: str, values: Values, kind: Kind) -> NumericColumn:
    return NumericColumn(Role.FEATURE, name, kind, numeric_edges(values), is_discrete(values))


def with_nulls(values: NDArray[Any], kind: pa.DataType | None = None) -> pa.Array:
    return pa.array(values, kind, mask=RNG.random(N) < 0.1)


AT = RNG.integers(0, 10**12, N)
TABLE = pa.table(
    {
        "float": with_nulls(
            np.where(RNG.random(N) < 0.1, RNG.choice([np.nan, np.inf, -np.inf], N), RNG.normal(size=N))
        ),
        "integer": with_nulls(2**60 + RNG.integers(0, 9, N)),
        "boolean": with_nulls(RNG.random(N) < 0.3),
        "moment": with_nulls(AT, pa.timestamp("us", "UTC")),
        "text": with_nulls(RNG.choice(["a", "", "ü", "new", "newer"], N)),
        "coded": with_nulls(RNG.choice(["a", "b", "z"], N)).dictionary_encode(),
        "wrong": pa.array(RNG.choice(["1.5", "2", "x", ""], N)),
        "many": pa.array([f"c{i}" for i in RNG.integers(0, 2_000, N)]),
    }
)
COLUMNS: list[Column] = [
    numeric("float", RNG.normal(size=N), Kind.FLOAT),
    numeric("integer", 2**60 + np.arange(8), Kind.INTEGER),
    numeric("boolean", np.array([0, 1]), Kind.BOOLEAN),
    numeric("moment", AT, Kind.TIMESTAMP),
    numeric("wrong", np.array([1.5, 2.0]), Kind.FLOAT),
    CategoricalColumn(Role.FEATURE, "text", ("a", "", "ü")),
    CategoricalColumn(Role.FEATURE, "coded", ("a", "b")),
    CategoricalColumn(Role.FEATURE, "many", tuple(f"c{i}" for i in range(1_000)), other=True),
]
LAYOUT = Layout(COLUMNS)
NAMED = {(column.role, column.name): column.name for column in COLUMNS}


def profile(engine: LocalEngine, table: pa.Table, groups: Groups | None = None) -> list[Profile]:
    return engine.profile(Rows(table), LAYOUT, NAMED, groups if groups is not None else Groups.whole(table.num_rows))


def counts(profile: Profile) -> tuple[object, ...]:
    """Everything that must be the same to the bit."""
    arrays = (profile.bins, profile.cells, profile.faults, profile.moments[Moment.MINIMUM :])
    return (profile.rows, profile.unseen, *(array.tobytes() for array in arrays))


def assert_same(a: Profile, b: Profile) -> None:
    assert counts(a) == counts(b)
    assert np.allclose(a.sums, b.sums, rtol=1e-9)
    assert np.allclose(a.moments[Moment.MEAN], b.moments[Moment.MEAN], rtol=1e-9)


def test_counts_are_those_of_the_raw_rows(engine: LocalEngine) -> None:
    """Bins, categories, faults and strangers of every type are those of looking at each value by itself."""
    (found,) = profile(engine, TABLE)
    for i, column in enumerate(LAYOUT.numeric):
        raw = [_number(value, column.kind) for value in TABLE.column(column.name).to_pylist()]
        values = [v for v in raw if v is not None and v != "wrong" and np.isfinite(v)]
        edges = column.edges.tolist()
        cells = Counter(sum(edge <= value for edge in edges) for value in values)
        start, stop = LAYOUT.numeric_starts[i : i + 2]
        assert found.bins[start:stop].tolist() == [cells[cell] for cell in range(column.cells)]
        faults = Counter("nan" if v != v else str(v) for v in raw if v not in values)  # noqa: PLR0124
        expected = [faults[name] for name in ("None", "nan", "inf", "-inf", "wrong")]
        assert found.faults[:, i].tolist() == expected
    for i, described in enumerate(LAYOUT.categorical):
        texts = TABLE.column(described.name).to_pylist()
        start, stop = LAYOUT.categorical_starts[i : i + 2]
        tally = Counter(text for text in texts if text is not None)
        strangers = Counter({text: rows for text, rows in tally.items() if text not in described.categories})
        assert found.cells[start:stop].tolist() == [*(tally[c] for c in described.categories), strangers.total()]
        assert found.faults[Fault.MISSING, len(LAYOUT.numeric) + i] == texts.count(None)
        assert found.unseen.get(described.name, Counter()) == (Counter() if described.other else strangers)


def _number(value: Any, kind: Kind) -> float | str | None:
    if isinstance(value, dt.datetime):
        return (value - dt.datetime.fromtimestamp(0, dt.UTC)) // dt.timedelta(microseconds=1)
    if isinstance(value, str):
        return None if not value else "wrong" if value == "x" else float(value)
    return None if value is None else float(value) if kind is Kind.FLOAT else int(value)


@pytest.mark.parametrize("threads", (1, 3))
def test_threads_change_no_bit(engine: LocalEngine, threads: int) -> None:
    """One thread and many give the same profile, sums included."""
    other = LocalEngine(threads)
    (a,), (b,) = profile(engine, TABLE), profile(other, TABLE)
    assert counts(a) == counts(b)
    assert (a.sums.tobytes(), a.moments.tobytes()) == (b.sums.tobytes(), b.moments.tobytes())


@given(st.lists(st.integers(0, N), max_size=4))
def test_chunks_change_no_count(engine: LocalEngine, cuts: list[int]) -> None:
    """However the rows are cut, empty chunks included, counts are the same to the bit."""
    bounds = [0, *sorted(cuts), N]
    chunks = [TABLE.slice(first, last - first) for first, last in itertools.pairwise(bounds)]
    merged = reduce(Profile.merge, (profile(engine, chunk)[0] for chunk in chunks))
    assert_same(merged, profile(engine, TABLE)[0])


@pytest.mark.parametrize("order", ("as they come", "sorted", "with rows left out", "all left out"))
def test_groups_are_profiled_as_by_themselves(engine: LocalEngine, order: str) -> None:
    """Each group's profile is that of a table with its rows alone; rows of no group are in none."""
    group = RNG.integers(0, 7, N)
    group = {"sorted": np.sort(group), "with rows left out": group - 1, "all left out": np.full(N, -1)}.get(
        order, group
    )
    groups = Groups.by(group, 7)
    for g, found in enumerate(profile(engine, TABLE, groups)):
        rows = np.flatnonzero(group == g)
        assert groups.rows_of(g).tolist() == rows.tolist()
        assert_same(found, profile(engine, TABLE.take(pa.array(rows)))[0])


def test_more_groups_than_16_bits_have() -> None:
    """40,000 groups are told apart."""
    group = RNG.permutation(40_000)
    groups = Groups.by(group, 40_000)
    assert [int(groups.rows_of(g)[0]) for g in range(0, 40_000, 997)] == np.argsort(group)[::997].tolist()


def test_no_groups_no_profiles(engine: LocalEngine) -> None:
    """Without a group there is nothing to profile."""
    assert profile(engine, TABLE.slice(0, 0), Groups.by(np.zeros(0, np.int64), 0)) == []


def test_columns_that_are_not_there_count_nothing(engine: LocalEngine) -> None:
    """A column that the rows have not is not even missing in them."""
    (found,) = profile(engine, TABLE.select(["float", "many"]))
    there = [column.name in ("float", "many") for column in LAYOUT.columns]
    assert (found.faults.sum(axis=0)[~np.array(there)] == 0).all()
    assert (found.numeric_counts() > 0).tolist() == there[: len(LAYOUT.numeric)]
    assert (found.categorical_counts() > 0).tolist() == there[len(LAYOUT.numeric) :]
    assert found.rows == N


def test_columns_are_read_a_few_at_a_time(engine: LocalEngine) -> None:
    """No read takes more than a few columns, so that memory stays flat, and each column is read once."""
    rows = Rows(TABLE)
    engine.profile(rows, LAYOUT, NAMED, Groups.whole(N))
    assert max(map(len, rows.reads)) <= COLUMNS_AT_ONCE
    assert sorted(name for names in rows.reads for name in names) == sorted(TABLE.column_names)


def test_few_rows_start_no_thread(engine: LocalEngine) -> None:
    """A small poll is counted where it is."""
    rows = Rows(TABLE.slice(0, 10))
    engine.profile(rows, LAYOUT, NAMED, Groups.whole(10))
    assert rows.threads == {threading.current_thread().name}


class Stuck(Rows):
    """Rows whose reads hang until they may end."""

    def __init__(self, table: pa.Table) -> None:
        super().__init__(table)
        self.begun, self.may_end = threading.Semaphore(0), threading.Event()

    def read(self, columns: Sequence[str], /) -> pa.Table:
        self.begun.release()
        self.may_end.wait(30)
        return super().read(columns)


def test_reads_that_hang_hold_nothing_else_up(engine: LocalEngine) -> None:
    """While every thread of two calls hangs, another call is done, and none of them holds up the process's end."""
    before, stuck = set(threading.enumerate()), [Stuck(TABLE), Stuck(TABLE)]
    callers = [
        threading.Thread(target=engine.profile, args=(rows, LAYOUT, NAMED, Groups.whole(N)), daemon=True)
        for rows in stuck
    ]
    for caller in callers:
        caller.start()
    assert all(rows.begun.acquire(timeout=10) for rows in stuck * 2)
    another = threading.Thread(target=profile, args=(engine, TABLE), daemon=True)
    another.start()
    another.join(10)
    assert not another.is_alive()
    hanging = set(threading.enumerate()) - before
    assert len(hanging) == 4
    assert all(thread.daemon for thread in hanging)
    for rows in stuck:
        rows.may_end.set()
    for caller in callers:
        caller.join(10)
    assert not any(caller.is_alive() for caller in callers)


class Gone(Rows):
    """Rows that can no longer be read."""

    def read(self, columns: Sequence[str], /) -> pa.Table:
        raise KeyError(columns[0])


def test_an_error_of_a_thread_is_raised(engine: LocalEngine) -> None:
    """A column that cannot be read fails the whole profile."""
    with pytest.raises(KeyError, match="float"):
        engine.profile(Gone(TABLE), LAYOUT, NAMED, Groups.whole(N))


def test_categories_written_in_another_way_are_known(engine: LocalEngine) -> None:
    """A log that writes 1.0 or true for the class 1 counts it in that class's cell."""
    layout = Layout([CategoricalColumn(Role.PREDICTION, "prediction", ("0", "1"))])
    named = {(Role.PREDICTION, "prediction"): "p"}
    for column in (pa.array([1.0, 0.0, 1.0]), pa.array([True, False, True]), pa.array(["1.0", "false", "TRUE"])):
        (found,) = engine.profile(Rows(pa.table({"p": column})), layout, named, Groups.whole(3))
        assert found.cells.tolist() == [1, 2, 0]
