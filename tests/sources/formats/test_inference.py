from __future__ import annotations

import pyarrow as pa
import pytest

from mlflow_exporter.sources.formats.inference import widest

INT, FLOAT, TEXT, BOOL = pa.int64(), pa.float64(), pa.string(), pa.bool_()


@pytest.mark.parametrize(
    ("kinds", "expected"),
    (
        ((INT, INT), INT),
        ((INT, FLOAT), FLOAT),
        ((pa.null(), BOOL, pa.null()), BOOL),
        ((pa.null(),), TEXT),
        ((INT, TEXT), TEXT),
        ((pa.dictionary(pa.int32(), TEXT), pa.null()), TEXT),
        ((BOOL, INT), TEXT),
        ((pa.timestamp("s"), pa.timestamp("ns")), pa.timestamp("ns")),
        ((pa.timestamp("s"), pa.timestamp("s", "UTC")), TEXT),
        ((pa.timestamp("s"), INT), TEXT),
    ),
)
def test_one_type_holds_all_chunks(kinds: tuple[pa.DataType, ...], expected: pa.DataType) -> None:
    """A column has the narrowest type that holds every chunk's values, whatever their order, and text else."""
    for order in (kinds, kinds[::-1]):
        assert widest(pa.schema([("x", kind)]) for kind in order) == {"x": expected}


def test_columns_of_some_chunks() -> None:
    """A column that only some chunks have is one of the columns."""
    assert widest([pa.schema([("a", INT)]), pa.schema([]), pa.schema([("b", TEXT)])]) == {"a": INT, "b": TEXT}
