from __future__ import annotations

from typing import Any

import pytest
from sklearn import metrics

from mlflow_exporter.domain import ModelKey, Task
from mlflow_exporter.evaluation.description import describe
from mlflow_exporter.registry.snapshot import RegisteredVersion

KEY = ModelKey("churn", "1")


def _version(*aliases: str) -> RegisteredVersion:
    return RegisteredVersion(KEY, "None", "READY", "run1", 0.0, "", {}, aliases)


def test_a_version_is_described_by_its_baseline(lab: Any, reference: Any) -> None:
    """Rows, quality and performance of the reference rows, and the bounds that follow from them."""
    thresholds = {"accuracy": {"max_drop": 0.05}, "roc_auc": {"min": 0.7}}
    settings = lab.settings(performance={"positive": "1", "thresholds": thresholds})
    described, problems = describe(settings, KEY, _version(), None, lab.baseline)
    accuracy = metrics.accuracy_score(reference["churned"], reference["prediction"])
    found = {each.name: each.value for each in described.baseline_performance}
    assert (described.key, described.task, described.run_id) == (KEY, Task.CLASSIFICATION, "run1")
    assert described.baseline_rows == len(reference)
    assert found["accuracy"] == pytest.approx(accuracy)
    assert problems == ()
    bounds = {bound.metric: bound.value for bound in described.bounds}
    assert bounds == pytest.approx(
        {
            "accuracy": accuracy - 0.05,
            "roc_auc": 0.7,
            "confidence_mean": 0.6,
            "low_confidence_ratio": 0.3,
            "dominant_class_ratio": 0.8,
        }
    )


@pytest.mark.parametrize(
    ("wanted", "aliases", "shown"),
    (
        ("@champion", ("blue", "champion"), "champion"),
        ("1", ("blue", "champion"), "blue"),
        ("1", (), ""),
        ("@champion", None, "champion"),
        ("1", None, ""),
    ),
)
def test_the_alias_is_the_one_that_is_followed(lab: Any, wanted: str, aliases: Any, shown: str) -> None:
    """Else the first that the version has; none while the registry is away."""
    version = None if aliases is None else _version(*aliases)
    described, _ = describe(lab.settings(version=wanted), KEY, version, None, lab.baseline)
    assert described.alias == shown


@pytest.mark.parametrize(
    ("changes", "told"),
    (
        (
            {"performance": {"thresholds": {"rmse": {"max": 2}}}},
            "performance.thresholds.rmse: the model does classification, which has no such metric",
        ),
        (
            {"drift": {"columns": {"agee": {"floor": 0.2}}}},
            "drift.columns.agee: the baseline has no such column; did you mean 'age'?",
        ),
        (
            {"features": {"exclude": ["customer", "age"]}},
            "features.exclude: 'age' is in the baseline that was logged, so it is watched; log a baseline without it",
        ),
    ),
)
def test_what_does_not_fit_the_model_is_told(lab: Any, changes: dict[str, Any], told: str) -> None:
    """A guard that would never be applied is a problem, not silence."""
    _, problems = describe(lab.settings(**changes), KEY, _version(), None, lab.baseline)
    assert [told in str(problem) for problem in problems] == [True]


def test_probabilities_of_some_classes_only_are_told(lab: Any) -> None:
    """Where the positive class has no column the scores cannot be used, and that is said."""
    columns = {"timestamp": "ts", "prediction": "prediction", "probabilities": {"0": "p0"}}
    settings = lab.settings(predictions={"source": "files", "path": "log*", "columns": columns})
    _, problems = describe(settings, KEY, _version(), None, lab.baseline)
    assert "no column has the probability of '1', so the others are not used" in str(problems[0])
