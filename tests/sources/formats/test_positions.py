from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.errors import SourceError
from mlflow_exporter.sources.formats.positions import RowGroupPosition, Stamp, TextPosition, digest, dump, parse

STAMPS = st.builds(
    Stamp, st.integers(0, 2**63), st.integers(0, 2**63), st.integers(0, 2**64), st.none() | st.integers(0)
)


@given(
    st.builds(TextPosition, STAMPS) | st.builds(RowGroupPosition, STAMPS, row_groups=st.integers(0), first=st.text())
)
def test_positions_survive_json(position: TextPosition | RowGroupPosition) -> None:
    """A position is the same after it was stored as JSON, times in nanoseconds included."""
    assert parse(json.loads(json.dumps(dump(position)))) == position


@pytest.mark.parametrize(
    "stored",
    ({}, {"kind": "pages"}, {"kind": "text"}, {"kind": "text", "stamp": {"size": 1}}, {"kind": "text", "stamp": 3}),
)
def test_what_is_no_position_is_an_error(stored: dict[str, Any]) -> None:
    """Stored values that are not understood are an error, not a beginning."""
    with pytest.raises(SourceError, match="its stored position is not understood"):
        parse(stored)


def test_positions_of_before_devices_and_lineages_are_understood() -> None:
    """A position that was stored without the fields that came later is the same position."""
    stored = dump(TextPosition(Stamp(1, 2, 3), offset=7))
    del stored["lineage"], stored["stamp"]["device"]
    assert parse(stored) == TextPosition(Stamp(1, 2, 3), offset=7)


def test_content_is_not_kept() -> None:
    """A digest is short, the same for the same bytes, and does not hold them."""
    assert digest(b"secret") == digest(b"secret") != digest(b"secrets")
    assert len(digest(b"x" * 5000)) == 32
