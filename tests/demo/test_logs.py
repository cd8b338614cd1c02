from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from mlflow_exporter.demo.logs import JsonLinesLog, ParquetLog

ROWS = pd.DataFrame({
    "id": ["a", "ü"],
    "at": pd.to_datetime([1_700_000_000_123_456, 1_700_000_001_000_000], unit="us", utc=True),
    "x": [1.5, None],
})  # fmt: skip


def test_json_lines_grow_by_whole_lines(tmp_path: Path) -> None:
    """Each append adds one JSON object a row, with times in ISO 8601 and null where a value is missing."""
    log = JsonLinesLog(tmp_path / "log")
    log.append(ROWS)
    log.append(ROWS[:1])
    lines = [json.loads(line) for line in Path(log.path).read_text(encoding="utf-8").splitlines()]
    assert lines[:2] == [
        {"id": "a", "at": "2023-11-14T22:13:20.123456Z", "x": 1.5},
        {"id": "ü", "at": "2023-11-14T22:13:21.000000Z", "x": None},
    ]
    assert len(lines) == 3


def test_parquet_files_appear_whole(tmp_path: Path) -> None:
    """Each append adds one complete file that the glob finds, and leaves nothing unfinished."""
    log = ParquetLog(tmp_path / "log")
    log.append(ROWS)
    log.append(ROWS[:1])
    files = sorted(tmp_path.glob(f"log/{Path(log.path).name}"))
    assert [pq.read_table(file).num_rows for file in files] == [2, 1]
    assert sorted((tmp_path / "log").iterdir()) == files


def test_a_log_exists_before_its_first_row(tmp_path: Path) -> None:
    """A reader finds an empty log instead of none."""
    assert Path(JsonLinesLog(tmp_path / "log").path).read_text(encoding="utf-8") == ""
