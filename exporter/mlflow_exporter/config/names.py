"""The closed sets of names that the configuration may use for drift tests and performance metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

CategoricalTest: TypeAlias = Literal[
    "psi", "jensen_shannon", "hellinger", "total_variation", "kullback_leibler", "chi2"
]
NumericTest: TypeAlias = Literal[
    "ks",
    "wasserstein",
    "psi",
    "jensen_shannon",
    "hellinger",
    "total_variation",
    "kullback_leibler",
    "chi2",
    "anderson_darling",
]
DatasetTest: TypeAlias = Literal["pca_reconstruction", "domain_classifier"]
DriftTest: TypeAlias = Literal[NumericTest, DatasetTest]
ClassificationMetric: TypeAlias = Literal[
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier_score",
    "matthews_corrcoef",
    "calibration_error",
]
RegressionMetric: TypeAlias = Literal["rmse", "mae", "mape", "r2", "mean_error", "max_error"]
Metric: TypeAlias = Literal[ClassificationMetric, RegressionMetric]

NUMERIC_TESTS: frozenset[str] = frozenset(get_args(NumericTest))
DATASET_TESTS: frozenset[str] = frozenset(get_args(DatasetTest))
CATEGORICAL_TESTS: frozenset[str] = frozenset(get_args(CategoricalTest))
CLASSIFICATION_METRICS: frozenset[str] = frozenset(get_args(ClassificationMetric))
REGRESSION_METRICS: frozenset[str] = frozenset(get_args(RegressionMetric))

METRIC_RANGES: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(CLASSIFICATION_METRICS, (0, 1)),
    **dict.fromkeys(("log_loss", "rmse", "mae", "mape", "max_error"), (0, math.inf)),
    "brier_score": (0, 2),
    "matthews_corrcoef": (-1, 1),
    "r2": (-math.inf, 1),
    "mean_error": (-math.inf, math.inf),
}
"""The least and the most that each performance metric can be; brier_score is at most 1 of two classes."""
