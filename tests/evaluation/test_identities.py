from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from mlflow_exporter.engines.rows import Refusals, Rows
from mlflow_exporter.evaluation.identities import Identifier, slots_of
from mlflow_exporter.sources.source import Chunk
from mlflow_exporter.state.store import Store


def _rows(keys: list[int], times: list[float] | None = None) -> Rows:
    n = len(keys)
    numbers = np.zeros(n)
    hashes = np.column_stack([np.array(keys, np.uint64), np.zeros(n, np.uint64)])
    return Rows(None if times is None else np.array(times), hashes, numbers, numbers, numbers > 0, None, None, {})


def _chunk(rows: int, generation: int) -> Chunk:
    schema = pa.schema([])
    return Chunk("log.csv", "log.csv", {}, generation, rows, schema, lambda _: schema.empty_table())


@contextmanager
def _new_store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/state.db")
        yield store
        store.close()


def _counted(store: Store, keys: list[int], generation: int, identifier: Identifier) -> list[int]:
    """The keys of a chunk that are counted, once it is noted."""
    rows, chunk, refusals = _rows(keys), _chunk(len(keys), generation), Refusals(len(keys), "log.csv")
    found = identifier.identify(store, chunk, rows, refusals)
    with store.transaction() as transaction:
        identifier.note(transaction.ledger, chunk, found, refusals.kept)
    return [key for key, kept in zip(keys, refusals.kept, strict=True) if kept]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.integers(1, 6), max_size=8), max_size=4))
def test_an_id_is_counted_once_whatever_comes(chunks: list[list[int]]) -> None:
    """Over any chunks, each id is counted the first time that it comes."""
    with _new_store() as store:
        counted = [key for keys in chunks for key in _counted(store, keys, 0, Identifier(1))]
    assert sorted(counted) == sorted({key for keys in chunks for key in keys})


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.lists(st.integers(1, 4), max_size=6), max_size=3), max_size=4))
def test_without_ids_the_generation_with_the_most_counts(generations: list[list[list[int]]]) -> None:
    """Of equal rows as many are counted as the generation of the file had that had the most of them."""
    counted: Counter[int] = Counter()
    with _new_store() as store:
        for generation, chunks in enumerate(generations):
            for keys in chunks:
                counted.update(_counted(store, keys, generation, Identifier(1, has_ids=False)))
    of_each = [Counter(key for keys in chunks for key in keys) for chunks in generations]
    assert counted == {key: most for key in range(1, 5) if (most := max((c[key] for c in of_each), default=0))}


def test_the_same_id_at_another_time_is_another_row(tmp_path: Path) -> None:
    """Ids are compared within a slot of five minutes."""
    store, chunk = Store(f"sqlite:///{tmp_path}/state.db"), _chunk(3, 0)
    rows, refusals = _rows([7, 7, 7], [1_000.0, 1_001.0, 5_000.0]), Refusals(3, "log.csv")
    found = Identifier(1).identify(store, chunk, rows, refusals)
    store.close()
    assert found.duplicates.tolist() == [False, True, False]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from((1, 2)), st.lists(st.integers(1, 4), max_size=6)), max_size=5), st.booleans())
def test_a_new_baseline_takes_again_what_the_version_had(parts: list[tuple[int, list[int]]], has_ids: bool) -> None:
    """Chunks that two versions counted by turns, read again for the one whose rows were dropped, give it its rows."""
    of_each: dict[int, Counter[int]] = {1: Counter(), 2: Counter()}
    with _new_store() as store:
        for generation, dropped in enumerate((None, 1, 2, 1)):
            if dropped is not None:
                with store.transaction() as transaction:
                    transaction.streams.empty(dropped)
            anew: Counter[int] = Counter()
            for stream, keys in parts:
                reader = dropped or stream
                identifier = Identifier(reader, (3 - reader,), has_ids=has_ids)
                counted = _counted(store, keys, generation, identifier)
                (of_each[stream] if dropped is None else anew).update(counted)
            assert dropped is None or anew == of_each[dropped]


def test_a_snapshot_without_ids_notes_nothing(tmp_path: Path) -> None:
    """It is always read whole, so nobody ever asks which rows were counted; with ids its repetitions are found."""
    store = Store(f"sqlite:///{tmp_path}/state.db")
    for has_ids in (False, True):
        _counted(store, [1, 2], 0, Identifier(1, has_ids=has_ids, timeless=True))
        with store.reading() as transaction:
            assert len(list(transaction.ledger.noted([1], [0]))) == has_ids
    store.close()


def test_a_row_of_another_version_is_no_duplicate(tmp_path: Path) -> None:
    """It is refused, and told from one that the client sent twice."""
    store, chunk = Store(f"sqlite:///{tmp_path}/state.db"), _chunk(2, 0)
    assert _counted(store, [1], 0, Identifier(1)) == [1]
    refusals = Refusals(3, "log.csv")
    found = Identifier(2, (1,)).identify(store, chunk, _rows([1, 2, 2]), refusals)
    store.close()
    assert (found.recognised.tolist(), found.duplicates.tolist()) == ([True, False, False], [False, False, True])
    assert [rejection.reason for rejection in refusals.rejections] == ["already_counted", "duplicate_id"]


def test_a_refused_row_has_no_slot() -> None:
    """A time that is none is not looked at."""
    slots = slots_of(_rows([1, 2], [650.0, np.nan]), np.array([True, False]))
    assert slots.tolist() == [600, 0]
