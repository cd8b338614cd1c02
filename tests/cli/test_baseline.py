from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mlflow_exporter.instrument import FeatureBins

COLUMNS = ("--label", "churned", "--prediction", "prediction", "--probability", "0=p0", "--probability", "1=p1")


@pytest.mark.parametrize(
    ("arguments", "said"),
    (
        ([], "Give the reference data with --data, or --config.file."),
        (["--data", "reference.parquet"], "Say which model with --model, or give --output or --dry-run."),
        (["--data", "reference.parquet", "--model", "churn"], "Give the version of 'churn' with --version."),
        (["--data", "x", "--model", "churn", "--version", "1"], "Give the MLflow server with --tracking-uri"),
        (["--data", "x", "--probability", "p1"], "'p1' is not of the form CLASS=COLUMN."),
        (
            ["--config.file", "config.yml", "--label", "y", "--id", "i", "--exclude", "a"],
            "--exclude, --id, --label cannot be given along with --config.file",
        ),
    ),
)
def test_wrong_usage_is_told(invoke: Callable[..., Any], configured: Any, arguments: list[str], said: str) -> None:
    """Options that are missing or contradict each other end with exit code 2."""
    result = invoke("baseline", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())


def test_a_baseline_is_shown_and_not_logged(invoke: Callable[..., Any], configured: Any) -> None:
    """A dry run needs no MLflow, and shows columns, rows and performance."""
    result = invoke("baseline", "--data", "reference.parquet", *COLUMNS, "--dry-run")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "2,000 rows, classification (2 classes: 0, 1; positive: 1)" in result.stdout
    assert [line.split()[:3] for line in result.stdout.splitlines() if " feature " in line] == [
        ["age", "feature", "float"],
        ["region", "feature", "categorical"],
    ]
    assert "roc_auc" in result.stdout
    assert result.stdout.endswith("Nothing was logged (--dry-run).\n")


def test_the_bins_for_model_servers_are_written(invoke: Callable[..., Any], configured: Any, folder: Any) -> None:
    """A server reads them without NumPy; nothing else has to be logged for it."""
    result = invoke("baseline", "--data", "reference.parquet", *COLUMNS, "--dry-run", "--bins", "bins.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "The bins for model servers are in bins.json." in result.stdout
    assert FeatureBins.load(folder.path / "bins.json").names == ("age", "region")


def test_a_misspelt_column_is_an_error(invoke: Callable[..., Any], configured: Any) -> None:
    """A column that the data has not is told with the nearest, before anything is profiled."""
    result = invoke("baseline", "--data", "reference.parquet", "--label", "chruned", "--dry-run")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith("reference.parquet: there is no column 'chruned'; did you mean 'churned'?\n")


def test_missing_data_is_an_error(invoke: Callable[..., Any], folder: Any) -> None:
    """A path where nothing is ends with exit code 1."""
    result = invoke("baseline", "--data", "nope.parquet", "--dry-run")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: nope.parquet: no file is there")
