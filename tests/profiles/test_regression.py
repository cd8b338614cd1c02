from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mlflow_exporter.errors import IncompatibleProfiles
from mlflow_exporter.profiles import codec
from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.profiles.regression import Quantity, RegressionTally

SPEC = OutcomeSpec.regression()
# Labels of 0 would make percentage errors of 1e16, beside which nothing is compared.
ROWS = arrays.arrays(np.float64, st.tuples(st.just(2), st.integers(0, 20)), elements=st.floats(1, 1e3))


def same(a: RegressionTally, b: RegressionTally) -> bool:
    means, m2 = np.allclose(a.moments.means, b.moments.means), np.allclose(a.moments.m2, b.moments.m2, atol=1e-4)
    return a.rows == b.rows and a.largest_error == b.largest_error and means and m2


def of(rows: Floats) -> RegressionTally:
    return RegressionTally.of(SPEC, rows[0], rows[1])


@given(ROWS, ROWS, ROWS)
def test_merge_is_a_monoid(a: Floats, b: Floats, c: Floats) -> None:
    """Merging is associative and commutative, has the empty tally as identity, and equals tallying the whole."""
    x, y, z = of(a), of(b), of(c)
    assert same(x.merge(y).merge(z), x.merge(y.merge(z)))
    assert same(x.merge(y), y.merge(x))
    assert same(x.merge(RegressionTally.empty(SPEC)), x)
    assert same(x.merge(y).merge(z), of(np.concatenate((a, b, c), axis=1)))


@given(ROWS)
def test_arrays_round_trip(rows: Floats) -> None:
    """A tally is the same, to the bit, after its arrays were stored and read."""
    kept = of(rows)
    _, stored = codec.unpack(codec.pack({}, kept.arrays()))
    read = RegressionTally.from_arrays(SPEC, stored)
    assert (read.rows, read.largest_error) == (kept.rows, kept.largest_error)
    assert np.array_equal(read.moments.means, kept.moments.means)
    assert np.array_equal(read.moments.m2, kept.moments.m2)


def test_error_is_predicted_minus_actual() -> None:
    """A model that answers too much has a positive mean error."""
    means = RegressionTally.of(SPEC, np.array([1.0, 2.0]), np.array([2.0, 4.0])).moments.means
    assert means[Quantity.ERROR] == 1.5


@pytest.mark.parametrize("value", (np.nan, np.inf, -np.inf))
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    """A NaN or infinite value is an error instead of a tally that is NaN for ever."""
    for actual, predicted in (([1.0, value], [1.0, 1.0]), ([1.0, 1.0], [value, 1.0])):
        with pytest.raises(ValueError, match="not finite"):
            RegressionTally.of(SPEC, np.array(actual), np.array(predicted))


def test_tallies_of_another_task_do_not_add_up() -> None:
    """Merging with a tally of another specification is refused."""
    with pytest.raises(IncompatibleProfiles, match="different classes or bins"):
        RegressionTally.empty(SPEC).merge(RegressionTally.empty(OutcomeSpec.classification(("a", "b"))))
