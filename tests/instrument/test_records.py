from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mlflow_exporter.domain import LogColumn
from mlflow_exporter.instrument.blocks import Block
from mlflow_exporter.instrument.inputs import read_inputs
from mlflow_exporter.instrument.outputs import read_outputs
from mlflow_exporter.instrument.records import COLUMNS, Batch


def rows_of(block: Block) -> list[dict[str, Any]]:
    """The rows of a block, one by one."""
    return [block.part(i, i + 1).first() for i in range(block.rows)]


def batch(inputs: Any, outputs: Any, ids: Sequence[str] | None = None) -> Batch:
    return Batch("churn", "3", "r", ids, 1.5, 0.25, read_inputs(inputs), read_outputs(outputs), lambda rows: None)


def test_the_columns_are_those_that_the_source_reads() -> None:
    """Whoever writes the log and whoever reads it agree."""
    assert tuple(LogColumn) == COLUMNS


def test_one_row_has_the_requests_identifier() -> None:
    """Features stand beside the log's own columns."""
    (row,) = rows_of(batch({"age": 44}, 0.5).block())
    assert row == {
        "request_id": "r",
        "timestamp": 1.5,
        "model": "churn",
        "version": "3",
        "latency_seconds": 0.25,
        "prediction": 0.5,
        "age": 44,
    }


def test_several_rows_are_numbered_or_named() -> None:
    """Each row of a batch can be joined with its label."""
    rows = [{"age": 44}, {"age": 31}]
    assert [row["request_id"] for row in rows_of(batch(rows, [1, 0]).block())] == ["r-0", "r-1"]
    assert [row["request_id"] for row in rows_of(batch(rows, [1, 0], ["a", "b"]).block())] == ["a", "b"]


def test_a_feature_never_takes_the_place_of_a_column_of_the_log() -> None:
    """One of the same name is put aside, and the others are as they were."""
    (row,) = rows_of(batch({"version": "blue", "probability_no": 7, "age": 44}, {"no": 0.1, "yes": 0.9}).block())
    assert (row["version"], row["feature_version"]) == ("3", "blue")
    assert (row["probability_no"], row["feature_probability_no"]) == (0.1, 7)
    assert row["age"] == 44


@pytest.mark.parametrize(
    ("inputs", "outputs", "ids"), (([{"a": 1}], [1, 2], None), ([{"a": 1}, {"a": 2}], [1, 2], ["only one"]))
)
def test_rows_that_do_not_match_are_refused(inputs: Any, outputs: Any, ids: Sequence[str] | None) -> None:
    """No answer is logged beside another row's features."""
    with pytest.raises(ValueError, match="rows"):
        batch(inputs, outputs, ids).block()
