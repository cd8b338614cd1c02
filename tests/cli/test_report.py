from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mlflow_exporter.cli import report as module
from mlflow_exporter.cli.report import report
from mlflow_exporter.domain import Measurement, Role
from mlflow_exporter.results import DatasetDrift, DriftScore, Evaluation


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """Call it with evaluations for the lines that are printed, spaces collapsed."""

    def print_lines(*evaluations: Evaluation) -> list[str]:
        report(evaluations)
        return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]

    return print_lines


def test_a_model_is_told_with_its_verdicts(
    evaluated: Callable[..., Evaluation], printed: Callable[..., list[str]]
) -> None:
    """The first line says what was evaluated and how it is."""
    expected = "churn/3 @champion (classification, baseline of 2,000 rows) ▼ Out of bounds, ◆ Drifted"
    assert printed(evaluated())[1] == expected


def test_columns_come_worst_first(evaluated: Callable[..., Evaluation], printed: Callable[..., list[str]]) -> None:
    """Deciding tests only, by how many times their threshold they are; marked in words where drift was found."""
    lines = printed(evaluated())
    first = lines.index("age KS 0.24 0.08 3.0× ◆ drifted")
    assert lines[first + 1 : first + 4] == [
        "prediction Jensen–Shannon 0.3 0.1 3.0× ◆ drifted",
        "income KS 0.09 0.06 1.5× ◆ drifted",
        "region Jensen–Shannon 0.05 0.1 0.5×",
    ]


def test_rows_as_a_whole_are_told_with_the_columns(
    evaluated: Callable[..., Evaluation], printed: Callable[..., list[str]]
) -> None:
    """Each test of whole rows has a line, and the window says that one found drift, also where no column was tested."""
    tests = (DatasetDrift("domain_classifier", 0.05, 0.1), DatasetDrift("pca_reconstruction", 0.08, 0.04))
    lines = printed(evaluated(windows=(replace(evaluated().windows[0], drift=(), dataset_drift=tests),)))
    first = lines.index("rows as a whole PCA reconstruction 0.08 0.04 2.0× ◆ drifted")
    assert lines[first + 1] == "rows as a whole Domain classifier 0.05 0.1 0.5×"
    assert "24h 1,000 rows, 500 labelled (50%), rows as a whole drifted" in lines


def test_a_prediction_is_not_mistaken_for_a_feature(
    evaluated: Callable[..., Evaluation], printed: Callable[..., list[str]]
) -> None:
    """A feature may have the name that the model's score has."""
    whole = evaluated()
    scores = (
        DriftScore("score", Role.PREDICTION, "ks", 0.2, 0.1, None, deciding=True),
        DriftScore("score", Role.FEATURE, "ks", 0.1, 0.1, None, deciding=True),
    )
    lines = printed(replace(whole, windows=(replace(whole.windows[0], drift=scores),)))
    assert "score (prediction) KS 0.2 0.1 2.0× ◆ drifted" in lines
    assert "score KS 0.1 0.1 1.0×" in lines


def test_performance_is_set_against_its_bounds(
    evaluated: Callable[..., Evaluation], printed: Callable[..., list[str]]
) -> None:
    """Each metric with its interval, the baseline's value and its bound."""
    lines = printed(evaluated())
    assert "Accuracy 0.750 0.900 ≥ 0.8 0.710 – 0.790 ▼ out of bounds" in lines
    assert "Log loss 0.400 – ≤ 0.5 –" in lines
    assert "Confidence mean 0.550 – ≥ 0.6 – ▼ out of bounds" in lines


def test_what_may_be_noise_is_told_apart(
    evaluated: Callable[..., Evaluation], printed: Callable[..., list[str]]
) -> None:
    """A metric below its bound, which its interval reaches, is not called out of bounds."""
    found = replace(evaluated().windows[0], performance=(Measurement("accuracy", 0.75, 0.69, 0.81),))
    assert "Accuracy 0.750 0.900 ≥ 0.8 0.690 – 0.810 ▽ within noise" in printed(evaluated(windows=(found,)))


def test_windows_tell_rows_labels_and_drift(
    evaluated: Callable[..., Evaluation], printed: Callable[..., list[str]]
) -> None:
    """Rows, labelled rows, and how many features have drifted."""
    assert "24h 1,000 rows, 500 labelled (50%), 2 of 3 features drifted" in printed(evaluated())


def test_what_was_not_computed_is_said(evaluated: Callable[..., Evaluation], printed: Callable[..., list[str]]) -> None:
    """The reason stands where the numbers are missing."""
    assert "No label drift: too few rows" in printed(evaluated())


def test_a_failed_model_is_one_line(printed: Callable[..., list[str]]) -> None:
    """Without windows there is no table; the problem itself goes to stderr."""
    assert printed(Evaluation("churn", 1.0, success=False)) == ["", "churn ✕ Failing"]


def test_a_long_list_is_cut_and_says_so(
    evaluated: Callable[..., Evaluation], printed: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the worst columns are shown."""
    monkeypatch.setattr(module, "COLUMNS_SHOWN", 2)
    assert "and 2 more columns, less drifted" in printed(evaluated())


def test_names_are_no_markup(evaluated: Callable[..., Evaluation], printed: Callable[..., list[str]]) -> None:
    """Whatever a column or a model is called is printed as it is."""
    whole = evaluated()
    odd = DriftScore("[red]x[/]", Role.FEATURE, "ks", 0.2, 0.1, None, deciding=True)
    lines = printed(replace(whole, windows=(replace(whole.windows[0], drift=(odd,)),)))
    assert any("[red]x[/] KS" in line for line in lines)
