from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlflow_exporter.errors import BaselineError
from mlflow_exporter.instrument import FeatureBins
from mlflow_exporter.instrument.bins import ColumnBins

AGE = ColumnBins("age", ("<18", "18..65", ">=65", "missing", "other"), (0.1, 0.6, 0.2, 0.1, 0.0), (18.0, 65.0))
REGION = ColumnBins("region", ("n", "s", "missing", "other"), (0.5, 0.4, 0.0, 0.1), categories=("n", "s"))


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Edges keep every digit, and integers stay integers."""
    bins = FeatureBins((AGE, REGION, ColumnBins("id", ("<1", ">=1", "missing", "other"), (1, 0, 0, 0), (2**60 + 1,))))
    path = tmp_path / "bins.json"
    path.write_text(bins.text())
    assert FeatureBins.load(path) == bins
    assert FeatureBins.load(str(path)).names == ("age", "region", "id")


@pytest.mark.parametrize(
    "text",
    (
        "",
        "[]",
        '{"columns": []}',
        '{"format": 2, "columns": []}',
        '{"format": 1, "columns": [{"column": "age"}]}',
        json.dumps({"format": 1, "columns": [{"column": "a", "names": ["x"], "shares": [1], "edges": []}]}),
        json.dumps(
            {"format": 1, "columns": [{"column": "a", "names": list("wxyz"), "shares": [1, 0, 0, 0], "edges": []}]}
        ),
        json.dumps(
            {
                "format": 1,
                "columns": [{"column": "a", "names": list("vwxyz"), "shares": [1, 0, 0, 0, 0], "edges": [2, 1]}],
            }
        ),
    ),
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    """The error names the file and the command that writes one."""
    path = tmp_path / "bins.json"
    path.write_text(text)
    with pytest.raises(BaselineError, match=r"bins\.json: is no file of bins .*mlflow-exporter baseline"):
        FeatureBins.load(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """As is how to make it."""
    with pytest.raises(BaselineError, match=r"nowhere\.json: cannot be read .*--bins FILE"):
        FeatureBins.load(tmp_path / "nowhere.json")
