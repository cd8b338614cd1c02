from __future__ import annotations

import enum
import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlflow_exporter.instrument.values import as_column, as_list, class_name, copied, is_missing

BIG = 2**53 + 1
MOMENT = datetime.fromisoformat("2026-01-02T03:04:05.123456")


class Answer(str, enum.Enum):  # noqa: UP042 -- a StrEnum is spelt as its value anyway
    YES = "yes"


@pytest.mark.parametrize(
    ("values", "listed"),
    (
        ((1, "a"), [1, "a"]),
        (np.array([1.5, 2.5]), [1.5, 2.5]),
        (pd.Series(["a", None], dtype="string"), ["a", pd.NA]),
        (pa.array([1, None]), [1, None]),
        (np.array(["2026-01-02T03:04:05.123456789", "NaT"], "M8[ns]"), [MOMENT, None]),
        (np.array(7), [7]),
    ),
)
def test_values_become_pythons_own(values: Any, listed: list[Any]) -> None:
    """Times included, of whatever precision."""
    assert as_list(values) == listed


@pytest.mark.parametrize(
    "values", (pd.Series([BIG, None], dtype="Int64"), pa.array([BIG, None]), pa.chunked_array([[BIG], [None]]))
)
def test_a_column_with_missing_values_keeps_every_digit(values: Any) -> None:
    """As floats, it would be another number."""
    column = as_column(values)
    assert (column[0], is_missing(column[1])) == (BIG, True)


@pytest.mark.parametrize("values", (np.array([1.5, 2.5]), pd.Series([1.5, 2.5]), pd.Series([1.5, 2.5], index=[7, 8])))
def test_a_column_of_numbers_is_an_array(values: Any) -> None:
    """It is sorted and written at once, and not value by value."""
    column = as_column(values)
    assert isinstance(column, np.ndarray)
    assert column.tolist() == [1.5, 2.5]


def test_a_series_that_counts_its_missing_values_is_asked() -> None:
    """As Polars' do, whose types are not NumPy's."""

    class Series:
        def __init__(self, missing: int) -> None:
            self._missing, self.dtype = missing, object()

        def null_count(self) -> int:
            return self._missing

        def to_numpy(self) -> Any:
            return np.array([1.0, math.nan])

        def to_list(self) -> list[Any]:
            return [1, None]

    assert as_column(Series(missing=1)) == [1, None]
    assert isinstance(as_column(Series(missing=0)), np.ndarray)


@pytest.mark.parametrize(
    ("value", "missing"),
    (
        *((value, True) for value in (None, math.nan, np.float32("nan"), np.float64("nan"), pd.NA, pd.NaT)),
        *((value, False) for value in (0, "", "nan", False, math.inf, np.float32(0), datetime(2026, 1, 2, tzinfo=UTC))),
        *((value, False) for value in ([math.nan], np.array([math.nan, 1]))),
    ),
)
def test_what_stands_for_no_value_is_missing(value: Any, missing: bool) -> None:
    """Of Python's, NumPy's and pandas'."""
    assert is_missing(value) == missing


def test_a_copy_is_had_of_whatever_gives_one() -> None:
    """Tensors call it a clone; what nobody can change is its own."""

    class Tensor:
        def clone(self) -> str:
            return "a copy"

    given = [1]
    assert (copied(Tensor()), copied((1, 2)), copied(given)) == ("a copy", (1, 2), given)
    assert copied(given) is not given


@pytest.mark.parametrize(
    ("value", "name"),
    (
        *((True, "true"), (1, "1"), (1.0, "1"), (0.5, "0.5"), ("1", "1"), (None, "None")),
        *((np.bool_(True), "true"), (np.int8(1), "1"), (np.float32(1), "1"), (np.str_("a"), "a"), (Answer.YES, "yes")),
    ),
)
def test_a_class_is_spelt_as_in_the_log(value: Any, name: str) -> None:
    """As the exporter reads it from JSON: what is one class there is one label value here."""
    assert (class_name(value), type(class_name(value))) == (name, str)
