from __future__ import annotations

import importlib
from typing import Any
from unittest import mock

import mlflow.pyfunc
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mlflow_exporter.serving.copies import Copy
from mlflow_exporter.serving.probabilities import MOST_PROBABLE_CLASS, Classifier, classifier

HOMES = {
    "CalibratedClassifierCV": "sklearn.calibration",
    "DecisionTreeClassifier": "sklearn.tree",
    "ExtraTreesClassifier": "sklearn.ensemble",
    "RandomForestClassifier": "sklearn.ensemble",
}


def found(models: Any, estimator: Any) -> Classifier | None:
    """What is found in an estimator that was saved and loaded."""
    return classifier(mlflow.pyfunc.load_model(str(models.estimator(estimator).folder)))


def table(rows: int, seed: int, classes: int = 3) -> tuple[Any, Any]:
    """Rows of few distinct values, so that classes tie, and their classes."""
    random = np.random.default_rng(seed)
    return random.integers(0, 3, (rows, 4)).astype(float), random.integers(0, classes, rows)


@pytest.mark.parametrize("name", sorted(MOST_PROBABLE_CLASS))
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_most_probable_class_is_what_they_predict(name: str, seed: int) -> None:
    """For each estimator that is trusted with it, `predict` is the class of the highest probability, ties included."""
    kind = getattr(importlib.import_module(HOMES[name]), name)
    x, y = table(60, seed)
    options = (
        {"estimator": DecisionTreeClassifier(max_depth=2), "cv": 2}
        if name.startswith("Calibrated")
        else {"max_depth": 2}
    )
    if ("Tree" in name and name.startswith("Extra")) or "Forest" in name:
        options["n_estimators"] = 4
    fitted = kind(**options).fit(x, y)
    others, _ = table(200, seed + 1)
    expected = fitted.classes_.take(fitted.predict_proba(others).argmax(axis=1))
    assert fitted.predict(others).tolist() == expected.tolist()


@pytest.mark.parametrize(
    "estimator",
    (
        LogisticRegression(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(GaussianNB()),
        RandomForestClassifier(5, random_state=1),
        FixedThresholdClassifier(LogisticRegression(), threshold=0.9),
    ),
    ids=lambda estimator: type(estimator).__name__,
)
def test_answers_and_probabilities_are_those_of_scikit_learn(models: Any, estimator: Any) -> None:
    """The answer is what `predict` answers, even with a threshold of its own, and the probabilities are its."""
    x, y = table(100, 1, classes=2)
    fitted = estimator.fit(x, y)
    score = found(models, fitted)
    assert score is not None
    scored = score.score(x)
    assert score.classes == (0, 1)
    assert scored.answer.tolist() == fitted.predict(x).tolist()
    np.testing.assert_array_equal(scored.probabilities, fitted.predict_proba(x))


def test_a_pipeline_transforms_once(models: Any) -> None:
    """What is costly about a pipeline is not done twice."""
    x, y = table(100, 1, classes=2)
    score = found(models, make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y))
    assert score is not None
    with mock.patch.object(StandardScaler, "transform", autospec=True, side_effect=StandardScaler.transform) as spied:
        score.score(x)
    assert spied.call_count == 1


def test_a_forest_is_asked_once(models: Any) -> None:
    """An estimator whose answer is its most probable class scores rows once."""
    x, y = table(100, 1)
    score = found(models, RandomForestClassifier(5).fit(x, y))
    assert score is not None
    with mock.patch.object(RandomForestClassifier, "predict", side_effect=AssertionError("asked twice")):
        assert len(score.score(x).answer) == 100


def test_what_is_no_classifier_has_no_probabilities(models: Any, doubler: Copy) -> None:
    """A regressor, a model of another flavor and several outputs are scored as they are."""
    x, y = table(50, 1)
    assert found(models, LinearRegression().fit(x, y)) is None
    assert found(models, DecisionTreeClassifier().fit(x, np.stack([y, y], axis=1))) is None
    assert classifier(mlflow.pyfunc.load_model(str(doubler.folder))) is None
