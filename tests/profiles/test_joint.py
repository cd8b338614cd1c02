from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.errors import IncompatibleProfiles
from mlflow_exporter.profiles import joint
from mlflow_exporter.profiles.joint import SAMPLE_ROWS, JointTally

WIDTH = 3
SEEDS = st.integers(0, 10**6)


def rows_of(seed: int, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Codes and keys of up to 9 random rows, or of so many."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(0, 10)) if rows is None else rows
    return rng.normal(size=(WIDTH, rows)).astype(np.float32), rng.integers(0, 2**64, rows, np.uint64)


def tally_of(seed: int) -> JointTally:
    codes, keys = rows_of(seed)
    return JointTally.of(codes, codes.shape[1] // 2, keys if seed % 2 else None)


def same(a: JointTally, b: JointTally) -> bool:
    """Counts and samples exactly, sums up to rounding."""
    close = np.allclose(a.products, b.products, rtol=1e-9, atol=1e-9)
    sampled = np.array_equal(a.keys, b.keys) and np.array_equal(a.codes, b.codes)
    return (a.rows, a.outliers) == (b.rows, b.outliers) and close and sampled


@given(st.tuples(SEEDS, SEEDS, SEEDS))
def test_merge_is_associative_and_commutative(seeds: tuple[int, int, int]) -> None:
    """The order of merging does not matter, whether a side has a sample or not."""
    a, b, c = map(tally_of, seeds)
    assert same(a.merge(b).merge(c), a.merge(b.merge(c)))
    assert same(a.merge(b), b.merge(a))


@given(SEEDS, st.integers(0, 2_500), st.integers(0, 2_500))
def test_parts_merge_to_the_whole(seed: int, first: int, second: int) -> None:
    """The tallies of two parts of the rows merge to that of all rows, the sample included."""
    codes, keys = rows_of(seed, first + second)
    parts = (slice(first), slice(first, None))
    a, b = (JointTally.of(codes[:, part], 0, keys[part]) for part in parts)
    whole, merged = JointTally.of(codes, 0, keys), a.merge(b)
    assert merged.products == pytest.approx(whole.products, rel=1e-4, abs=1e-2)
    assert np.array_equal(merged.keys, whole.keys)
    assert np.array_equal(merged.codes, whole.codes)


def test_the_matrix_is_the_sum_of_the_rows_products() -> None:
    """Over many rows it is NumPy's in 64 bits, within the rounding of 32."""
    codes, _ = rows_of(1, 20_000)
    wide = codes.astype(np.float64)
    assert JointTally.of(codes, 0).matrix == pytest.approx(wide @ wide.T, rel=1e-5, abs=0.1)


def test_a_long_sum_loses_no_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are added in 64 bits: ten million equal rows are counted exactly."""
    monkeypatch.setattr(joint, "_BLOCK", 100_000)
    codes = np.ones((1, 10_000_000), np.float32) * 3
    assert JointTally.of(codes, 0).products.tolist() == [90_000_000]


def test_the_sample_has_the_smallest_keys() -> None:
    """Of many rows SAMPLE_ROWS are kept, each with its own codes."""
    codes, keys = rows_of(2, 5_000)
    tally = JointTally.of(codes, 0, keys)
    expected = np.argsort(keys)[:SAMPLE_ROWS]
    assert tally.keys.tolist() == keys[expected].tolist()
    assert np.array_equal(tally.codes, codes.T[expected].astype(np.float16))


def test_arrays_keep_every_bit() -> None:
    """A tally with a sample, without one, and of no rows comes back as it was."""
    for seed, rows in ((1, 50), (2, 0)):
        codes, keys = rows_of(seed, rows)
        for tally in (JointTally.of(codes, rows // 3, keys), JointTally.of(codes, rows // 3)):
            read = JointTally.from_arrays(tally.arrays())
            assert all(np.array_equal(read.arrays()[name], array) for name, array in tally.arrays().items())
            assert read.width == WIDTH


def test_what_does_not_fit_is_refused() -> None:
    """Arrays of other rows than each other, and rows of other columns."""
    tally = JointTally.of(*rows_of(1, 9)[:1], 0)
    with pytest.raises(ValueError, match="does not fit together"):
        JointTally.from_arrays({**tally.arrays(), "products": np.zeros(2)})
    with pytest.raises(IncompatibleProfiles, match="other columns"):
        tally.merge(JointTally.of(np.zeros((2, 1), np.float32), 0))
