from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.profiles.moments import Moments

VALUES = arrays.arrays(np.float64, st.tuples(st.just(2), st.integers(0, 20)), elements=st.floats(-1e6, 1e6))


def close(a: Moments, b: Moments) -> bool:
    same_means = np.allclose(a.means, b.means, rtol=1e-9, atol=1e-6)
    return a.rows == b.rows and same_means and np.allclose(a.m2, b.m2, rtol=1e-9, atol=1e-3)


@given(VALUES)
def test_moments_are_numpys(values: Floats) -> None:
    """Means and sums of squared deviations are NumPy's."""
    moments = Moments.of(values)
    if values.shape[1]:
        assert close(moments, Moments(values.shape[1], values.mean(axis=1), values.var(axis=1) * values.shape[1]))
    else:
        assert close(moments, Moments.empty(2))


@given(VALUES, VALUES, VALUES)
def test_merge_is_a_monoid(a: Floats, b: Floats, c: Floats) -> None:
    """Merging is associative and commutative, has the empty one as identity, and equals counting the whole."""
    x, y, z = Moments.of(a), Moments.of(b), Moments.of(c)
    assert close(x.merge(y).merge(z), x.merge(y.merge(z)))
    assert close(x.merge(y), y.merge(x))
    assert close(x.merge(y).merge(z), Moments.of(np.concatenate((a, b, c), axis=1)))
    for merged in (x.merge(Moments.empty(2)), Moments.empty(2).merge(x)):
        assert np.array_equal(merged.means, x.means)
        assert np.array_equal(merged.m2, x.m2)


@given(st.floats(-1e9, 1e9), st.integers(1, 50), st.integers(1, 50))
def test_equal_values_have_no_spread_at_all(value: float, n: int, m: int) -> None:
    """The spread of a constant is exactly 0, merged or not, so that it is told from a tiny one."""
    merged = Moments.of(np.full((1, n), value)).merge(Moments.of(np.full((1, m), value)))
    assert (merged.means.item(), merged.m2.item()) == (value, 0)


def test_spread_survives_a_distant_mean() -> None:
    """A spread of 1 around 1e9 is kept, which sums of squares would lose."""
    values = 1e9 + np.random.default_rng(0).normal(size=(1, 10_000))
    merged = Moments.of(values[:, :4_000]).merge(Moments.of(values[:, 4_000:]))
    assert np.isclose(merged.m2.item() / 10_000, values.var(), rtol=1e-6)
