from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlflow_exporter.domain import Kind, Role
from mlflow_exporter.engines import encoding as encodings
from mlflow_exporter.engines.encoding import encode_column, encode_sample, pin_encoding
from mlflow_exporter.engines.sampling import Sample
from mlflow_exporter.profiles.encoding import LARGEST
from mlflow_exporter.profiles.layout import CategoricalColumn, Layout, NumericColumn

N = 10_000
RNG = np.random.default_rng(0)
CITIES = ("Zürich", "Genf", "Bern")
FRAME: dict[str, Any] = {
    "income": RNG.standard_cauchy(N),
    "age": RNG.normal(40, 10, N),
    "constant": np.full(N, 7.5),
    "empty": pa.nulls(N, pa.float64()),
    "kids": RNG.integers(0, 4, N),
    "since": [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=i) for i in range(N)],
    "city": RNG.choice(np.array(CITIES), N, p=[0.5, 0.3, 0.2]),
    "label": RNG.choice(np.array(["no", "yes"]), N),
}
SAMPLE = Sample(pa.table(FRAME))
NONE = np.zeros(0)
LAYOUT = Layout(
    [
        *(NumericColumn(Role.FEATURE, name, Kind.FLOAT, NONE) for name in ("income", "age", "constant", "empty")),
        NumericColumn(Role.FEATURE, "kids", Kind.INTEGER, NONE.astype(np.int64)),
        NumericColumn(Role.FEATURE, "since", Kind.TIMESTAMP, NONE.astype(np.int64)),
        CategoricalColumn(Role.LABEL, "label", ("no", "yes")),
        CategoricalColumn(Role.FEATURE, "city", CITIES),
    ]
)
ENCODING = pin_encoding(SAMPLE, LAYOUT)
CITY = ENCODING.width - 1


def coded(values: Any, name: str) -> list[float]:
    """The codes of other values of a column."""
    i = [LAYOUT.columns[position].name for position in ENCODING.positions].index(name)
    codes: list[float] = encode_column(pa.chunked_array([pa.array(values)]), ENCODING, i, LAYOUT).tolist()
    return codes


def test_features_that_vary_are_encoded() -> None:
    """What is constant or empty says nothing, a time goes on by itself, and a label is no feature."""
    names = [LAYOUT.columns[position].name for position in ENCODING.positions]
    assert names == ["income", "age", "kids", "city"]


def test_codes_are_in_standard_deviations() -> None:
    """The reference rows themselves have mean 0 and deviation 1, but for what is cut off."""
    codes = encode_sample(SAMPLE, ENCODING, LAYOUT)
    assert codes.shape == (4, N)
    assert codes[1:].mean(axis=1) == pytest.approx(0, abs=0.01)
    assert codes[1:].std(axis=1) == pytest.approx(1, abs=0.01)
    assert coded([40.0, 60.0], "age") == pytest.approx([0, 2], abs=0.06)


def test_a_heavy_tail_has_a_scale_of_its_body() -> None:
    """The wildest of Cauchy's values does not make all others equal, and is cut off."""
    codes = encode_sample(SAMPLE, ENCODING, LAYOUT)[0]
    assert codes.std() == pytest.approx(1, abs=0.3)
    assert np.abs(codes).max() == LARGEST


def test_categories_have_their_ridits() -> None:
    """Half of a category's rows are before it, with all of the heavier ones, and what is unseen is behind all."""
    shares = np.array([float(np.mean(FRAME["city"] == city)) for city in CITIES])
    ridits = np.array([shares[0] / 2, shares[0] + shares[1] / 2, 1 - shares[2] / 2, 1])
    deviation = np.sqrt(np.sum(shares * (ridits[:3] - 0.5) ** 2))
    assert coded([*CITIES, "Chur"], "city") == pytest.approx((ridits - 0.5) / deviation, rel=1e-5)


def test_what_is_no_value_is_at_the_centre() -> None:
    """Missing, not a number and of another type; infinity is at the end."""
    assert coded([None, np.nan, np.inf, -np.inf], "age") == [0, 0, LARGEST, -LARGEST]
    assert coded(["many", None, ""], "kids") == [0, 0, 0]
    assert coded(pa.nulls(2), "city") == [0, 0]


def test_values_of_another_type_are_read_as_the_baselines() -> None:
    """Numbers that were logged as text have the codes of the numbers."""
    assert coded(["3", "0"], "kids") == coded([3, 0], "kids")


def test_equal_shares_have_different_codes() -> None:
    """Two categories of the same weight are not one."""
    sample = Sample(pa.table({"coin": ["heads", "tails"] * 50, "die": [1, 2, 3, 4] * 25}))
    layout = Layout([CategoricalColumn(Role.FEATURE, "coin", ("heads", "tails"))])
    assert encode_sample(sample, pin_encoding(sample, layout), layout)[0, :2].tolist() == [-1, 1]


def test_at_most_so_many_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones that vary."""
    monkeypatch.setattr(encodings, "MOST_COLUMNS", 2)
    assert pin_encoding(SAMPLE, LAYOUT).positions.tolist() == [0, 1]


def test_numbers_that_squares_cannot_hold_are_left_out() -> None:
    """A column whose variance overflows has no scale."""
    sample = Sample(pa.table({"huge": [-1e308, 1e308] * 50}))
    layout = Layout([NumericColumn(Role.FEATURE, "huge", Kind.FLOAT, NONE)])
    assert pin_encoding(sample, layout).width == 0


def test_nothing_to_encode() -> None:
    """A layout without features has rows of no codes."""
    layout = Layout([CategoricalColumn(Role.LABEL, "label", ("no", "yes"))])
    assert encode_sample(SAMPLE, pin_encoding(SAMPLE, layout), layout).shape == (0, N)
