from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlflow_exporter.instrument.blocks import Block
from mlflow_exporter.instrument.privacy import Privacy, is_sampled, sampled


def test_columns_are_left_out_and_hashed() -> None:
    """What is left out is gone, what is hashed is the keyed BLAKE2b of its text, what is missing stays missing."""
    privacy = Privacy(["name", "nickname"], ["email", "phone"], "secret")
    columns = {"email": ["jane@x.org", None], "phone": [None, None], "age": [44, 31]}
    block = privacy.apply(Block(2, {"name": "Jane"}, {**columns, "nickname": ["J", "K"]}))
    digest = hashlib.blake2b(b"jane@x.org", key=b"secret", digest_size=16).hexdigest()
    assert block == Block(2, {}, {**columns, "email": [digest, None]})


def test_equal_values_stay_equal_however_they_are_written() -> None:
    """A number that came as 7 or as 7.0 is one category."""
    privacy = Privacy([], ["code"], b"secret")
    seven, *others = privacy.apply(Block(5, {}, {"code": [7, 7.0, np.int64(7), "7", 8]})).columns["code"]
    assert [code == seven for code in others] == [True, True, True, False]
    assert privacy.apply(Block(2, {"code": 7}, {})).same["code"] == seven
    assert privacy.apply(Block(1, {}, {"code": np.array([7.0])})).columns["code"] == [seven]


@pytest.mark.parametrize("missing", (None, math.nan, np.float32("nan"), pd.NA, pd.NaT))
def test_what_is_missing_has_no_hash(missing: Any) -> None:
    """Else the log would have a value where there was none."""
    columns = {"phone": [missing, "1"], "code": np.array([1.0, math.nan])}
    found = Privacy([], ["phone", "code"], "secret").apply(Block(2, {}, columns)).columns
    assert [value is None for value in (*found["phone"], *found["code"])] == [True, False, False, True]


@pytest.mark.parametrize("key", (None, "", b"", "x" * 65))
def test_hashing_needs_a_key(key: str | bytes | None) -> None:
    """Without one, whoever has the log finds a phone number by trying all of them."""
    with pytest.raises(ValueError, match="secret key"):
        Privacy([], ["phone"], key)


@settings(deadline=None)
@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_smaller_sample_is_part_of_a_larger(identifier: str, one: float, other: float) -> None:
    """The same row is kept or not in every server, and at every share above its own."""
    small, large = sorted((one, other))
    assert is_sampled(identifier, large) or not is_sampled(identifier, small)


def test_the_share_is_what_was_asked_for() -> None:
    """Of consecutive identifiers, too, within four standard deviations."""
    kept = sum(is_sampled(f"order-{i}", 0.1) for i in range(20_000))
    assert abs(kept - 2_000) < 4 * (20_000 * 0.1 * 0.9) ** 0.5


def test_a_sample_keeps_a_row_whole() -> None:
    """Lists and arrays lose the same rows, and what is the same in all stays."""
    names = [f"r{i}" for i in range(50)]
    block = sampled(Block(50, {"model": "m"}, {"request_id": names, "x": np.arange(50)}), 0.3)
    kept = [i for i in range(50) if is_sampled(f"r{i}", 0.3)]
    assert (block.rows, block.same, block.columns["x"].tolist()) == (len(kept), {"model": "m"}, kept)
    assert block.columns["request_id"] == [f"r{i}" for i in kept]
