from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.engines.identity import Hashes, as_keys, of_ids, of_rows


def distinct(hashes: Hashes) -> int:
    return len(np.unique(hashes, axis=0))


def hashes_of(texts: list[str]) -> Hashes:
    return of_ids(pa.array(texts, pa.string()))[0]


MILLION = np.arange(1_000_000)


@pytest.mark.parametrize(
    "ids",
    (
        pa.array(MILLION),
        pa.array(MILLION * 8 + 2**60),
        pa.array(np.char.add("request-2024-01-01-", MILLION.astype(str))),
        pa.array(
            np.char.add(np.char.zfill((MILLION % 1000).astype(str), 8), np.char.zfill((MILLION // 1000).astype(str), 8))
        ),
    ),
    ids=("counting", "multiples", "text with a long prefix", "two words"),
)
def test_a_million_ids_do_not_collide(ids: pa.Array) -> None:
    """A million ids have a million hashes, in each half alone as well."""
    hashes, present = of_ids(ids)
    assert present.all()
    assert [len(np.unique(hashes[:, half])) for half in (0, 1)] == [1_000_000, 1_000_000]


def test_every_bit_of_the_hash_is_used() -> None:
    """Each of the 128 bits is set in about half of the hashes."""
    hashes, _ = of_ids(pa.array(MILLION[:20_000]))
    bits = np.unpackbits(hashes.view(np.uint8), axis=1)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 0.02


@pytest.mark.parametrize(
    "ids",
    (
        pa.array([17]),
        pa.array([17], pa.uint8()),
        pa.array([17.0]),
        pa.array(["17"]),
        pa.array(["17"], pa.large_string()),
        pa.array(["17"], pa.string_view()),
        pa.array(["x", "17"])[1:],
        pa.array(["17"]).dictionary_encode(),
        pa.chunked_array([["17"]]),
    ),
    ids=lambda ids: str(ids.type),
)
def test_an_id_is_the_same_however_it_is_stored(ids: pa.Array) -> None:
    """17, 17.0 and the text 17 are one id, whatever their type and place in a column."""
    assert as_keys(of_ids(ids)[0]) == as_keys(hashes_of(["17"]))


@given(st.lists(st.text(max_size=40), unique=True, min_size=2, max_size=20))
def test_different_texts_have_different_hashes(texts: list[str]) -> None:
    """Unicode, zero bytes and prefixes included."""
    encodable = [text for text in texts if text.isprintable() or "\0" in text]
    assert distinct(hashes_of(encodable)) == len(encodable)


def test_padding_is_not_part_of_a_text() -> None:
    """Texts that differ in trailing zero bytes, or in the last byte of many, are different ids."""
    assert (
        distinct(hashes_of(["a", "a\0", "a\0\0", "x" * 100_000 + "a", "x" * 100_000 + "b", "12345678", "123456781"]))
        == 7
    )


def test_missing_and_empty_ids_are_none() -> None:
    """A null, a NaN and an empty text are no id."""
    assert of_ids(pa.array(["a", None, ""]))[1].tolist() == [True, False, False]
    assert of_ids(pa.array([1.0, None, np.nan]))[1].tolist() == [True, False, False]
    assert of_ids(pa.nulls(2))[1].tolist() == [False, False]
    assert of_ids(pa.array([], pa.string()))[0].shape == (0, 2)


PAIRS: dict[str, pa.Array] = {
    "null and zero": pa.array([0, None]),
    "null and zero, float": pa.array([0.0, None]),
    "null and false": pa.array([False, None]),
    "null and epoch": pa.array([0, None], pa.timestamp("us")),
    "null and empty": pa.array(["", None]),
    "null and last name": pa.array(["a", None]),
    "signs": pa.array([1, -1]),
    "neighbours beyond floats": pa.array([2**53, 2**53 + 1]),
    "neighbours at the end": pa.array([2**63 - 1, 2**63 - 2]),
    "large unsigned": pa.array([2**64 - 1, 2**64 - 2], pa.uint64()),
    "neighbouring floats": pa.array([0.1, np.nextafter(0.1, 1)]),
    "microseconds": pa.array([0, 1], pa.timestamp("us")),
    "texts": pa.array(["a", "b"]),
    "lists": pa.array([[1], [2]]),
}


@pytest.mark.parametrize("name", PAIRS)
def test_rows_differ_where_one_column_differs(name: str) -> None:
    """Rows that are equal but for one value have different hashes, wherever that column is."""
    other = pa.array([5, 5])
    for table in ({"x": PAIRS[name]}, {"x": PAIRS[name], "y": other}, {"y": other, "x": PAIRS[name]}):
        assert distinct(of_rows(pa.table(table))) == 2


def test_equal_rows_have_equal_hashes() -> None:
    """0.0 and -0.0 are equal, an integer is its float, and NaN is a missing value."""
    assert distinct(of_rows(pa.table({"x": [0.0, -0.0]}))) == 1
    assert distinct(of_rows(pa.table({"x": pa.array([np.nan, None])}))) == 1
    assert of_rows(pa.table({"x": [3]})) == of_rows(pa.table({"x": [3.0]}))


def test_columns_are_not_interchangeable() -> None:
    """Values that change places make another row."""
    assert distinct(of_rows(pa.table({"x": ["a", "b"], "y": ["b", "a"]}))) == 2
    assert distinct(of_rows(pa.table({"x": [1, 2], "y": [2, 1]}))) == 2
