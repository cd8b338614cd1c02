from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from sklearn import metrics

from mlflow_exporter.domain import Measurement
from mlflow_exporter.performance.regression import measure
from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.profiles.regression import RegressionTally

SPEC = OutcomeSpec.regression()
NOISE: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "normal": lambda rng, n: rng.normal(0.2, 1, n),
    "heavy-tailed": lambda rng, n: rng.laplace(0.2, 1, n),
}


def measured(actual: Floats, predicted: Floats) -> dict[str, Measurement]:
    return {found.name: found for found in measure(RegressionTally.of(SPEC, actual, predicted))}


def oracle(actual: Floats, predicted: Floats) -> dict[str, float]:
    return {
        "rmse": metrics.root_mean_squared_error(actual, predicted),
        "mae": metrics.mean_absolute_error(actual, predicted),
        "mape": metrics.mean_absolute_percentage_error(actual, predicted),
        "r2": metrics.r2_score(actual, predicted),
        "mean_error": float(np.mean(predicted - actual)),
        "max_error": metrics.max_error(actual, predicted),
    }


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("offset", (0.0, 1e6))
def test_metrics_are_scikit_learns(noise: str, offset: float) -> None:
    """Every metric is scikit-learn's on the raw rows, with labels far from 0 too, merged from parts."""
    rng = np.random.default_rng(0)
    actual = offset + rng.normal(size=10_000)
    predicted = actual + NOISE[noise](rng, 10_000)
    parts = [RegressionTally.of(SPEC, actual[i::7], predicted[i::7]) for i in range(7)]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)
    values = {found.name: found.value for found in measure(merged)}
    assert values == pytest.approx(oracle(actual, predicted), rel=1e-9)


def test_labels_of_zero_are_divided_by_epsilon() -> None:
    """A label of 0 makes mape huge and finite, as in scikit-learn."""
    actual, predicted = np.array([0.0, 2.0]), np.array([1.0, 1.0])
    expected = metrics.mean_absolute_percentage_error(actual, predicted)
    assert measured(actual, predicted)["mape"].value == pytest.approx(expected)


def test_perfect_predictions_have_no_error_and_no_bounds() -> None:
    """Without any error the metrics are 0 and 1, and nothing is known of their spread."""
    found = measured(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]))
    assert {name: metric.value for name, metric in found.items()} == {
        "rmse": 0, "mae": 0, "mape": 0, "r2": 1, "mean_error": 0, "max_error": 0,
    }  # fmt: skip
    assert all(metric.lower is None for metric in found.values())


@pytest.mark.parametrize("value", (0.1, 1e9, -3.3))
def test_constant_label_has_no_r2(value: float) -> None:
    """Where the label does not vary r2 is 0 / 0, and absent."""
    assert "r2" not in measured(np.full(3, value), np.array([1.0, 2.0, 3.0]))


def test_no_rows_have_no_metrics() -> None:
    """Without labelled rows nothing is measured."""
    assert measured(np.empty(0), np.empty(0)) == {}


def test_one_row_has_values_without_bounds() -> None:
    """A single row has an error and no spread."""
    found = measured(np.array([1.0]), np.array([3.0]))
    assert found["rmse"].value == 2
    assert found["rmse"].lower is None


def test_what_overflows_is_absent() -> None:
    """An error whose square is no float leaves out what needs the square, and keeps the rest."""
    assert measured(np.array([1.0, 2.0]), np.array([1e200, 0.0])).keys() == {"mae", "mape", "mean_error", "max_error"}
    assert "r2" not in measured(np.array([1e200, 0.0]), np.array([1e200, 0.0]))


FINITE = arrays.arrays(
    np.float64,
    st.tuples(st.just(2), st.integers(1, 20)),
    elements=st.floats(allow_nan=False, allow_infinity=False),
)


@given(FINITE)
def test_nothing_is_ever_nan_or_infinite(rows: Floats) -> None:
    """Whatever finite values come, values and bounds are finite and in order."""
    for found in measured(rows[0], rows[1]).values():
        assert math.isfinite(found.value)
        if found.lower is not None and found.upper is not None:
            assert math.isfinite(found.lower)
            assert math.isfinite(found.upper)
            assert found.lower <= found.value <= found.upper


def test_root_has_the_delta_methods_error_on_the_logarithmic_scale() -> None:
    """The bounds of rmse are as far from it in ratio, by half the relative error of the mean square."""
    rng = np.random.default_rng(2)
    error = rng.normal(size=2_000)
    rmse = measured(np.arange(2_000.0), np.arange(2_000.0) + error)["rmse"]
    relative = 1.961 * stats.sem(error**2) / np.mean(error**2)
    assert (rmse.lower, rmse.upper) == pytest.approx(rmse.value * np.exp([-relative / 2, relative / 2]), rel=1e-4)


@pytest.mark.parametrize("noise", NOISE)
def test_bounds_cover(noise: str) -> None:
    """Of many windows of 400 rows, 95% have bounds around the population's value."""
    rng = np.random.default_rng(1)

    def window(n: int) -> dict[str, Measurement]:
        actual = rng.normal(10, 2, n)
        return measured(actual, actual + NOISE[noise](rng, n))

    population = window(1_000_000)
    covered: dict[str, list[bool]] = {}
    for _ in range(600):
        for name, found in window(400).items():
            if found.lower is not None and found.upper is not None:
                covered.setdefault(name, []).append(found.lower <= population[name].value <= found.upper)
    assert covered.keys() == {"rmse", "mae", "mape", "mean_error"}
    for name, inside in covered.items():
        assert 0.92 <= np.mean(inside) <= 0.98, name
