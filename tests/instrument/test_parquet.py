from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mlflow_exporter.instrument.blocks import Block
from mlflow_exporter.instrument.faults import Faults
from mlflow_exporter.instrument.parquet import Parquet, recover_tables
from mlflow_exporter.instrument.privacy import Privacy
from mlflow_exporter.instrument.records import Given
from mlflow_exporter.instrument.writing import Policy, Writer

FAULTS = Faults("churn/3", lambda stage: None)


def block_of(*records: dict[str, Any]) -> Block:
    """Rows as a block."""
    return Given("churn", "3", records, lambda rows: None).block()


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.rglob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def test_rows_become_a_parquet_file(tmp_path: Path) -> None:
    """Blocks are one file, and nothing else is left."""
    file = Parquet(tmp_path)
    file.append([block_of({"x": 1.5, "region": "n"}, {"x": np.float64(2.5), "region": None})])
    file.append([block_of({"x": None, "region": "s"})])
    file.finish()
    assert rows_of(tmp_path) == [{"x": 1.5, "region": "n"}, {"x": 2.5, "region": None}, {"x": None, "region": "s"}]
    assert len(list(tmp_path.iterdir())) == 1


def test_only_what_comes_again_is_in_a_dictionary(tmp_path: Path) -> None:
    """One of floats would cost as much room as it saves, and twice the time."""
    file = Parquet(tmp_path)
    file.append([block_of(*({"x": i / 7, "region": "n"} for i in range(100)))])
    file.finish()
    (path,) = tmp_path.iterdir()
    columns = [pq.read_metadata(path).row_group(0).column(i) for i in range(2)]
    assert {column.path_in_schema: column.has_dictionary_page for column in columns} == {"x": False, "region": True}


def test_rows_of_another_shape_begin_another_file(tmp_path: Path) -> None:
    """A new column, or a value of another type, costs a file and no row."""
    file = Parquet(tmp_path)
    for row in ({"x": 1}, {"x": 2, "new": True}, {"x": "text", "new": False}):
        file.append([block_of(row)])
    file.finish()
    found = rows_of(tmp_path)
    assert sorted(str(row["x"]) for row in found) == ["1", "2", "text"]


def test_a_table_that_was_cut_off_is_recovered_up_to_its_last_block(tmp_path: Path) -> None:
    """Half a block is lost with the process that wrote it, the blocks before are not."""
    folder = tmp_path / "churn" / "3"
    file = Parquet(folder)
    file.append([block_of({"x": i}) for i in range(1_000)])
    whole = file.size
    file.append([block_of(*({"x": i} for i in range(1_000, 2_000)))])
    file.close()
    (stream,) = folder.iterdir()
    with stream.open("r+b") as opened:
        opened.truncate((whole + stream.stat().st_size) // 2)
    (finished,) = recover_tables(tmp_path)
    assert [row["x"] for row in pq.read_table(finished).to_pylist()] == list(range(1_000))
    assert list(folder.iterdir()) == [finished]


def test_what_is_no_table_adds_nothing(tmp_path: Path) -> None:
    """A column of two types is refused as a block, so that its rows are tried one by one."""
    file = Parquet(tmp_path)
    with pytest.raises((ValueError, TypeError)):
        file.append([block_of({"x": 1}), block_of({"x": "text"})])
    assert file.size == 0
    file.close()


def test_arrays_are_written_as_they_are(tmp_path: Path) -> None:
    """A column of a matrix, of any type, without becoming Python's objects: its type is the file's."""
    matrix = np.arange(6, dtype="f4").reshape(3, 2)
    columns = {"x": matrix[:, 1], "flag": np.array([True, False, True]), "text": np.array(["a", "b", "c"])}
    file = Parquet(tmp_path)
    file.append([Block(3, {"model": "churn"}, columns)])
    file.finish()
    (path,) = tmp_path.iterdir()
    table = pq.read_table(path)
    assert str(table.schema.field("x").type) == "float"
    assert table.to_pydict() == {
        "model": ["churn"] * 3,
        "x": [1.0, 3.0, 5.0],
        "flag": [True, False, True],
        "text": ["a", "b", "c"],
    }


def test_what_arrow_has_no_type_for_is_null_as_in_json(tmp_path: Path) -> None:
    """A column of months costs none of the other columns, and no row."""
    months = pd.period_range("2026-01", periods=2, freq="M")
    writer = Writer(tmp_path, Parquet, Policy(Privacy([], [], None), 1.0, 10**6, 10.0, 1_024), FAULTS, lambda: 0.0)
    records = [{"request_id": str(i), "month": month, "x": i} for i, month in enumerate(months)]
    writer.write([Given("churn", "3", records, lambda rows: pytest.fail(f"{rows} rows were dropped"))])
    writer.finish()
    assert rows_of(tmp_path) == [{"request_id": str(i), "month": None, "x": i} for i in range(2)]


def test_identifiers_keep_every_digit(tmp_path: Path) -> None:
    """A column of them is text as soon as one has more than 64 bits, where another column's numbers become floats."""
    file = Parquet(tmp_path)
    file.append([block_of({"request_id": 2**70 + 1, "x": 2**70}, {"request_id": 5, "x": 5}, {"x": None})])
    file.finish()
    assert rows_of(tmp_path) == [
        {"request_id": "1180591620717411303425", "x": 2.0**70},
        {"request_id": "5", "x": 5.0},
        {"request_id": None, "x": None},
    ]


def test_what_parquet_has_no_type_for_is_refused_at_once(tmp_path: Path) -> None:
    """Not when the file is finished, with all of its rows."""
    file = Parquet(tmp_path)
    with pytest.raises(NotImplementedError):
        file.append([block_of({"x": {}})])
    file.append([block_of({"x": 1})])
    file.finish()
    assert rows_of(tmp_path) == [{"x": 1}]


def test_a_table_that_finds_no_room_stays_a_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of it is removed, and it takes rows until it can be finished."""

    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    file = Parquet(tmp_path)
    file.append([block_of({"x": 1})])
    with monkeypatch.context() as disk:
        disk.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(OSError, match="No space"):
            file.finish()
    assert [path.suffix for path in tmp_path.iterdir()] == [".arrows"]
    file.append([block_of({"x": 2})])
    assert file.rows == 2
    file.finish()
    assert rows_of(tmp_path) == [{"x": 1}, {"x": 2}]
