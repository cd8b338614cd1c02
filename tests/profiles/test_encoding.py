from __future__ import annotations

import numpy as np
import pytest

from mlflow_exporter.profiles.encoding import LARGEST, Encoding

ENCODING = Encoding(np.array([0, 2]), np.array([10.0, -1.0]), np.array([2.0, 0.5]), np.array([0.25, 0.75]))


def test_a_code_counts_standard_deviations_from_the_centre() -> None:
    """Each column has its own centre and scale."""
    values = np.array([10.0, 14.0, 9.0])
    assert ENCODING.code(values, 0).tolist() == [0, 2, -0.5]
    assert ENCODING.code(values, 1).tolist() == [LARGEST, LARGEST, LARGEST]


def test_what_is_missing_is_at_the_centre_and_what_is_wild_at_the_end() -> None:
    """No value makes a code that is not finite, or larger than LARGEST."""
    values = np.array([np.nan, np.inf, -np.inf, 1.7e308, -1.7e308])
    assert ENCODING.code(values, 1).tolist() == [0, LARGEST, -LARGEST, LARGEST, -LARGEST]


def test_the_values_are_left_as_they_are() -> None:
    """Encoding a column changes none of its values."""
    values = np.array([1.0, np.nan, np.inf])
    ENCODING.code(values, 0)
    assert values.tolist()[::2] == [1.0, np.inf]
    assert np.isnan(values[1])


def test_arrays_keep_everything() -> None:
    """An encoding comes back from its arrays, and from fewer it does not."""
    read = Encoding.from_arrays(ENCODING.arrays())
    assert all(np.array_equal(getattr(read, name), array) for name, array in ENCODING.arrays().items())
    with pytest.raises(KeyError):
        Encoding.from_arrays({})
