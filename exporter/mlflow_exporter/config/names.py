"""The closed sets of names that the configuration may use for drift tests and performance metrics."""

from __future__ import annotations

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
