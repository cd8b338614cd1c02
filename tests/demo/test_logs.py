from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from mlflow_exporter.demo.logs import JsonLinesLog, ParquetLog, ServedLog
from mlflow_exporter.domain import ModelKey

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


def test_a_server_logs_what_it_is_asked(tmp_path: Path) -> None:
    """Rows from before its start are in the log as it would have written them; it is asked for the others."""
    asked: list[tuple[str, Mapping[str, Any]]] = []
    start = 1_700_000_000.5
    log = ServedLog(tmp_path, ModelKey("m", "2"), ["x"], start, lambda *row: asked.append(row))
    rows = ROWS.rename(columns={"id": "request_id", "at": "timestamp"}).assign(prediction=["yes", "no"])
    log.append(rows)
    (file,) = (tmp_path / "m" / "2").iterdir()
    assert [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] == [
        {
            "request_id": "a",
            "timestamp": 1_700_000_000.123456,
            "x": 1.5,
            "prediction": "yes",
            "model": "m",
            "version": "2",
        }
    ]
    assert asked == [("ü", {"x": None})]
