from __future__ import annotations

import time

import pyarrow as pa
import pytest
from pyarrow import parquet

from mlflow_exporter.cli import profile_tables
from mlflow_exporter.cli.profile_tables import show
from mlflow_exporter.engines.inference import Request
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import Parts
from mlflow_exporter.engines.reference import make_baseline
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.sources.files import Files


@pytest.fixture
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    """A baseline of a few columns without predictions."""
    file = tmp_path_factory.mktemp("data") / "reference.parquet"
    columns = {
        "age": [float(i) if i % 4 else None for i in range(100)],
        "[city]": [f"town {i % 7}" for i in range(100)],
        "label": [i % 2 for i in range(100)],
    }
    parquet.write_table(pa.table(columns), file)
    request = Request(Parts("", label="label"))
    return make_baseline(Files(str(file), mode="snapshot"), request, LocalEngine(), time.time()).baseline


def test_columns_are_told_with_what_they_hold(baseline: Baseline, capsys: pytest.CaptureFixture[str]) -> None:
    """Kind, missing values, mean, and the first categories; a name in brackets is no markup."""
    show(baseline)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "100 rows, classification (2 classes: 0, 1; positive: 1)"
    assert "age feature float 25% 50 28.9" in lines
    assert any(line.startswith("[city] feature categorical 0% – – town") and line.endswith("…") for line in lines)


def test_performance_needs_predictions(baseline: Baseline, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is none, the output says what it takes."""
    show(baseline)
    assert "No performance on the baseline: that takes the columns of label and prediction." in capsys.readouterr().out


def test_a_long_list_is_cut(
    baseline: Baseline, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of hundreds of columns the first are shown."""
    monkeypatch.setattr(profile_tables, "COLUMNS_SHOWN", 1)
    show(baseline)
    assert "and 2 more columns" in capsys.readouterr().out
