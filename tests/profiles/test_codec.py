from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mlflow_exporter.profiles import codec

ARRAYS = st.dictionaries(
    st.text(max_size=5),
    arrays.arrays(st.sampled_from((np.int64, np.float64, np.uint8)), arrays.array_shapes(min_dims=0, min_side=0)),
    max_size=4,
)
HEADERS = st.dictionaries(
    st.text(max_size=5), st.none() | st.integers() | st.text(max_size=5) | st.lists(st.booleans())
)


@given(HEADERS, ARRAYS)
def test_every_bit_survives(header: dict[str, object], given_arrays: dict[str, np.ndarray]) -> None:
    """Header, names, dtypes, shapes and bits come back, NaN and empty arrays included, and no array is unaligned."""
    read_header, read = codec.unpack(codec.pack(header, given_arrays))
    assert read_header == header
    assert list(read) == list(given_arrays)
    for name, array in given_arrays.items():
        assert (read[name].dtype, read[name].shape) == (array.dtype, array.shape)
        assert read[name].tobytes() == array.tobytes()
        assert read[name].flags.aligned


PACKED = codec.pack({"a": 1}, {"x": np.arange(100)})


@pytest.mark.parametrize(
    "damaged",
    (b"", b"profile1", b"SQLite format 3\0", PACKED[:-3], PACKED[:20], PACKED[:16] + b"xx" + PACKED[18:]),
    ids=("nothing", "magic only", "another format", "cut", "cut in the header", "bytes changed"),
)
def test_other_bytes_are_refused(damaged: bytes) -> None:
    """What `pack` did not write, or not wholly, is a ValueError."""
    with pytest.raises(ValueError, match=r"profile|Expecting value"):
        codec.unpack(damaged)
