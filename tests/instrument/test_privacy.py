from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlflow_exporter.instrument.privacy import Privacy, is_sampled


def test_columns_are_left_out_and_hashed() -> None:
    """What is left out is gone, what is hashed is the keyed BLAKE2b of its text, what is missing stays missing."""
    privacy = Privacy(["name"], ["email", "phone"], "secret")
    record = privacy.apply({"name": "Jane", "email": "jane@x.org", "phone": None, "age": 44})
    digest = hashlib.blake2b(b"jane@x.org", key=b"secret", digest_size=16).hexdigest()
    assert record == {"email": digest, "phone": None, "age": 44}


def test_equal_values_stay_equal_however_they_are_written() -> None:
    """A number that came as 7 or as 7.0 is one category."""
    privacy = Privacy([], ["code"], b"secret")
    assert privacy.apply({"code": 7}) == privacy.apply({"code": 7.0}) != privacy.apply({"code": 8})


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
