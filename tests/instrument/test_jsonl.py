from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlflow_exporter.instrument.blocks import Block
from mlflow_exporter.instrument.jsonl import JsonLines, _lines, recover_lines
from mlflow_exporter.instrument.records import Given


def block_of(*records: dict[str, Any]) -> Block:
    """Rows as a block."""
    return Given("churn", "3", records, lambda rows: None).block()


def written(folder: Path, *records: Any) -> list[dict[str, Any]]:
    lines = JsonLines(folder)
    lines.append([block_of(*records)])
    lines.finish()
    (path,) = folder.iterdir()
    return [json.loads(line, parse_constant=pytest.fail) for line in path.read_text().splitlines()]


def test_a_row_is_a_line(tmp_path: Path) -> None:
    """Text of any kind stays on its line, numbers keep every digit."""
    rows = [{"text": "two\nlines, ünï \u2028", "number": 0.1 + 0.2}, {"text": None, "number": 2**60}]
    assert written(tmp_path, *rows) == rows


@pytest.mark.parametrize(
    ("value", "stands"),
    (
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (math.nan, None),
        (np.float64("nan"), None),
        (math.inf, "inf"),
        ([1.0, math.nan], [1.0, None]),
        (np.array([1, 2]), [1, 2]),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (pd.Timestamp("2026-01-02"), "2026-01-02T00:00:00"),
        (pd.NA, None),
        (pd.NaT, None),
        (object(), None),
    ),
)
def test_values_that_json_has_no_word_for(tmp_path: Path, value: Any, stands: Any) -> None:
    """What is missing is null, what is not finite is text, and every line is JSON to any reader."""
    assert written(tmp_path / "one", {"x": value, "y": 1}) == [{"x": stands, "y": 1}]
    assert written(tmp_path / "two", {"x": value, "y": 1}, {"x": value, "y": 1}) == 2 * [{"x": stands, "y": 1}]


def test_a_column_of_times_is_written_as_times(tmp_path: Path) -> None:
    """NumPy's own are whole numbers, which the exporter would take for no times."""
    lines = JsonLines(tmp_path)
    lines.append([Block(2, {}, {"at": np.array(["2026-01-02T03:04:05", "NaT"], "M8[ns]")})])
    lines.finish()
    (path,) = tmp_path.iterdir()
    assert [json.loads(line)["at"] for line in path.read_text().splitlines()] == ["2026-01-02T03:04:05", None]


def test_a_block_with_a_bad_row_adds_nothing(tmp_path: Path) -> None:
    """The writer tries its rows one by one then."""
    lines = JsonLines(tmp_path)
    with pytest.raises(TypeError):
        lines.append([block_of({"x": 1}), block_of({"x": {("a", "b"): 2}})])
    assert lines.size == 0
    lines.close()


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.floats(), max_size=2))


@settings(deadline=None)
@given(st.lists(st.tuples(VALUES, st.floats(), st.text()), min_size=1, max_size=8), st.text(), VALUES)
def test_columns_are_written_as_their_rows_are(rows: list[Any], name: str, same: Any) -> None:
    """A block's lines are those of its rows one by one, whatever is in them, percent signs in names included."""
    columns = {f"{name}%s{i}": list(values) for i, values in enumerate(zip(*rows, strict=True))}
    block = Block(len(rows), {f"%d{name}": same}, columns)
    singly = [json.loads(_lines(block.part(i, i + 1)), parse_constant=pytest.fail) for i in range(block.rows)]
    # A line ends at "\n" alone: str.splitlines knows others.
    assert [json.loads(line) for line in _lines(block).split("\n")[:-1]] == singly
    assert singly[0][f"{name}%s2"] == rows[0][2]


def test_an_array_is_written_as_its_values_are(tmp_path: Path) -> None:
    """NumPy's numbers, of either size, come back to the last digit; what is missing is null."""
    block = Block(
        2, {"v": 0.1}, {"f": np.array([0.1, math.nan], "f4"), "i": np.array([1, 2]), "b": np.array([True, False])}
    )
    found = [json.loads(line) for line in _lines(block).splitlines()]
    assert found == [
        {"v": 0.1, "f": float(np.float32(0.1)), "i": 1, "b": True},
        {"v": 0.1, "f": None, "i": 2, "b": False},
    ]


@pytest.mark.parametrize(("left", "kept"), ((b'{"x":1}\n{"x":2}\n{"x', 2), (b'{"x":1}\n', 1), (b"{", 0), (b"", 0)))
def test_a_line_that_was_cut_off_is_not_recovered(tmp_path: Path, left: bytes, kept: int) -> None:
    """What was left is finished up to its last whole line; nothing at all where there is none."""
    folder = tmp_path / "churn" / "3"
    folder.mkdir(parents=True)
    (folder / ".left.jsonl").write_bytes(left)
    found = recover_lines(tmp_path)
    rows = [json.loads(line) for path in folder.iterdir() for line in path.read_text().splitlines()]
    assert rows == [{"x": 1}, {"x": 2}][:kept]
    assert [path.name for path in folder.iterdir()] == (["left.jsonl"] if kept else [])
    assert recover_lines(tmp_path) == []
    assert len(found) <= 1


def test_a_long_line_that_was_cut_off_is_found(tmp_path: Path) -> None:
    """Also where it is longer than what is looked at in one go."""
    folder = tmp_path / "churn" / "3"
    folder.mkdir(parents=True)
    (folder / ".left.jsonl").write_bytes(b'{"x":1}\n' + b"x" * 200_000)
    recover_lines(tmp_path)
    assert (folder / "left.jsonl").read_bytes() == b'{"x":1}\n'
