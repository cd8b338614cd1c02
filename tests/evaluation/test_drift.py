from __future__ import annotations

from typing import Any

import pytest

from mlflow_exporter.domain import Role
from mlflow_exporter.evaluation.drift import MINIMUM_ROWS, DriftEvaluator, DriftPolicy
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.profile import Profile
from mlflow_exporter.statistics.catalogue import drift_tests

NOW = 1_700_000_123.0
POLICY = DriftPolicy(("ks", "psi"), ("jensen_shannon",), 0.001)


@pytest.fixture
def window(lab: Any, make_rows: Any) -> Any:
    """A function: the profile of so many new rows."""

    def profile(rows: int, **given: Any) -> Profile:
        lab.append(make_rows(rows, seed=rows, **given))
        watched = lab.watched()
        found: Profile = watched.windows(watched.poll(NOW), NOW)[-1].summary.profile
        return found

    return profile


def test_the_first_test_decides(baseline: Baseline, window: Any) -> None:
    """Each column has the tests of its kind, in the baseline's order of columns, and one of them decides."""
    scores = DriftEvaluator(baseline, POLICY).scores(window(500))
    assert [(score.column, score.test, score.deciding) for score in scores] == [
        *[(name, test, test == "ks") for name in ("age", "income", "kids", "score") for test in ("ks", "psi")],
        ("region", "jensen_shannon", True),
        ("prediction", "jensen_shannon", True),
    ]
    assert {score.role for score in scores} == {Role.FEATURE, Role.PREDICTION}


def test_exceptions_are_of_their_column_alone(baseline: Baseline, window: Any) -> None:
    """A column's own tests and floor replace the usual ones, and a floor is that of the deciding test."""
    policy = DriftPolicy(
        ("ks", "psi"), ("psi",), 0.001, {"ks": 0.5}, {"age": ("wasserstein", "ks")}, {"age": 0.9, "kids": 0.7}
    )
    scores = {(s.column, s.test): s for s in DriftEvaluator(baseline, policy).scores(window(800))}
    assert [test for column, test in scores if column == "age"] == ["ks", "wasserstein"]
    assert scores["age", "wasserstein"].deciding
    thresholds = {key: score.threshold for key, score in scores.items()}
    assert thresholds["age", "wasserstein"] == 0.9
    assert (thresholds["age", "ks"], thresholds["income", "ks"], thresholds["kids", "ks"]) == (0.5, 0.5, 0.7)
    assert thresholds["kids", "psi"] == pytest.approx(drift_tests()["psi"].FLOOR)


def test_few_rows_are_not_tested(baseline: Baseline, window: Any) -> None:
    """A window of fewer values than can tell anything has no scores; one with enough has."""
    evaluator = DriftEvaluator(baseline, POLICY)
    assert evaluator.scores(window(MINIMUM_ROWS - 1)) == ()
    assert evaluator.scores(Profile.empty(baseline.layout)) == ()
    assert evaluator.scores(window(MINIMUM_ROWS))


def test_a_shift_is_detected_and_its_absence_is_not(baseline: Baseline, window: Any) -> None:
    """The same test on new rows of the same kind is silent, and on shifted ones it is not."""
    evaluator = DriftEvaluator(baseline, POLICY)
    detected = [
        {score.column for score in evaluator.scores(window(rows, shift=shift)) if score.deciding and score.detected}
        for rows, shift in ((1_000, 0.0), (5_000, 1.0))
    ]
    assert detected[0] == set()
    assert "age" in detected[1]
