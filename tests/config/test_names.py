from __future__ import annotations

from typing import get_args

from mlflow_exporter.config.names import (
    CATEGORICAL_TESTS,
    CLASSIFICATION_METRICS,
    DATASET_TESTS,
    METRIC_RANGES,
    NUMERIC_TESTS,
    REGRESSION_METRICS,
    DriftTest,
)


def test_tests_that_need_an_order_are_for_numbers_only() -> None:
    """Categories have no order, so that three tests are for numeric columns alone."""
    assert {"ks", "wasserstein", "anderson_darling"} == NUMERIC_TESTS - CATEGORICAL_TESTS
    assert CATEGORICAL_TESTS < NUMERIC_TESTS


def test_a_test_is_of_columns_or_of_rows() -> None:
    """No test of a column has the name of one of whole rows, so that a floor is of one test."""
    assert not NUMERIC_TESTS & DATASET_TESTS
    assert set(get_args(DriftTest)) == NUMERIC_TESTS | DATASET_TESTS


def test_a_metric_is_of_one_task() -> None:
    """No performance metric is of both tasks, so that its name tells the task."""
    assert not CLASSIFICATION_METRICS & REGRESSION_METRICS
    assert (len(CLASSIFICATION_METRICS), len(REGRESSION_METRICS)) == (11, 6)


def test_every_metric_has_a_range() -> None:
    """What a bound may be is known of each metric."""
    assert METRIC_RANGES.keys() == CLASSIFICATION_METRICS | REGRESSION_METRICS
    assert all(least < most for least, most in METRIC_RANGES.values())
