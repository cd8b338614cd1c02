"""What a model's page shows of one window."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlflow_exporter.domain import Measurement, Role, Task
from mlflow_exporter.results import Evaluation, ModelDescription, Skipped
from mlflow_exporter.web.model_page import (
    confidence_rows,
    drift_rows,
    explained,
    performance_rows,
    quality_rows,
    shown,
)


@pytest.fixture
def description(churn: Evaluation) -> ModelDescription:
    """The description of a classifier with baseline and bounds."""
    assert churn.description is not None
    return churn.description


def test_the_worst_column_comes_first(churn: Evaluation, description: ModelDescription) -> None:
    """Columns are in order of score over threshold, whatever their test; or by name."""
    rows = drift_rows(description, churn.windows[0])
    assert [row.verdict.column for row in rows[:3]] == ["tenure_months", "monthly_charges", "contract"]
    assert [row.severity for row in rows] == sorted((row.severity for row in rows), reverse=True)
    by_name = [row.verdict.column for row in drift_rows(description, churn.windows[0], by_name=True)]
    assert by_name == sorted(by_name)


def test_a_column_has_its_evidence(churn: Evaluation, description: ModelDescription) -> None:
    """Its other tests, its chart, and what the baseline has not, the heaviest first."""
    row = next(row for row in drift_rows(description, churn.windows[0]) if row.verdict.column == "contract")
    assert [test.test for test in row.tests] == ["jensen_shannon", "psi"]
    assert row.unseen == (("three years", 171), ("prepaid", 42))
    assert row.chart is not None
    assert not row.chart.numeric


def test_numbers_are_drawn_as_histograms(churn: Evaluation, description: ModelDescription) -> None:
    """Numeric features are, a classifier's predictions are not, a regressor's are."""

    def drawn(description: ModelDescription) -> dict[tuple[str, Role], bool]:
        rows = drift_rows(description, churn.windows[0])
        return {(row.verdict.column, row.verdict.role): row.chart.numeric for row in rows if row.chart}

    prediction = "prediction", Role.PREDICTION
    assert drawn(description)["age", Role.FEATURE]
    assert not drawn(description)[prediction]
    assert drawn(replace(description, task=Task.REGRESSION))[prediction]


def test_performance_stands_beside_what_was_expected(churn: Evaluation, description: ModelDescription) -> None:
    """The baseline's value, the change, the bounds and those that are broken."""
    rows = {row.measured.name: row for row in performance_rows(description, churn.windows[0])}
    accuracy = rows["accuracy"]
    assert accuracy.change == pytest.approx(-0.071)
    assert [bound.value for bound in accuracy.broken] == [0.822]
    assert (rows["recall"].bounds, rows["recall"].broken) == ((), ())


def test_what_may_be_noise_is_told_apart(churn: Evaluation, description: ModelDescription) -> None:
    """A value below its bound, which its interval reaches, is doubtful and not broken."""
    window = replace(churn.windows[0], performance=(Measurement("accuracy", 0.81, 0.79, 0.83),))
    [row] = performance_rows(description, window)
    assert ([bound.value for bound in row.doubtful], row.broken) == ([0.822], ())


def test_predictions_have_bounds_too(churn: Evaluation, description: ModelDescription) -> None:
    """Statistics of predictions are compared with bounds of their names."""
    rows = {row.measured.name: row for row in confidence_rows(description, churn.windows[0])}
    assert [bound.value for bound in rows["confidence_mean"].bounds] == [0.6]
    assert not rows["low_confidence_ratio"].broken


def test_quality_stands_beside_the_baseline(churn: Evaluation, description: ModelDescription) -> None:
    """Each feature of the window has the baseline's row of its name, or none."""
    rows = quality_rows(replace(description, baseline_quality=description.baseline_quality[1:]), churn.windows[0])
    assert rows[0].baseline is None
    assert all(row.baseline is not None and row.baseline.column == row.window.column for row in rows[1:])


@pytest.mark.parametrize(
    "reason", ("no_data", "too_few_rows", "no_labels", "no_baseline", "no_probabilities", "not_installed")
)
def test_every_reason_is_explained_in_words(reason: str) -> None:
    """No reader sees an identifier."""
    assert "_" not in explained(Skipped("label_drift", reason))


def test_a_window_with_drift_is_shown_first(churn: Evaluation) -> None:
    """Without a wish the first window that was tested; a wish that cannot be met is not replaced by another."""
    empty = replace(churn.windows[0], drift=())
    assert shown((empty, churn.windows[1]), None) is churn.windows[1]
    assert shown((empty,), None) is empty
    assert shown(churn.windows, "7d") is churn.windows[2]
    assert shown(churn.windows, "1y") is None
    assert shown((), None) is None
