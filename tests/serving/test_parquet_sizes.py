from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow.pyfunc import scoring_server
from werkzeug.exceptions import BadRequest

from mlflow_exporter.serving import parquet_sizes
from mlflow_exporter.serving.bodies import Body
from mlflow_exporter.serving.parquet_sizes import check_size
from mlflow_exporter.serving.served import ServedModel

KIND = "application/vnd.apache.parquet"
LONG = "x" * 10_000


def packed(**columns: Any) -> bytes:
    """Columns as Parquet, compressed well."""
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written, compression="zstd")
    return written.getvalue()


def repeated(text: Any, times: int) -> pa.DictionaryArray:
    """A text many times over, held once."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int32()), pa.array([text]))


@pytest.mark.parametrize(
    ("content", "said"),
    (
        (packed(x=np.zeros(50_000)), "50000 rows are more than the 1000 "),
        (packed(x=pa.array([np.zeros(60_000, np.int8)] * 2)), "120000 values are more than the 100000 "),
        (packed(x=["x" * 1_100_000]), r"11\d{5} bytes are more than the 1000000 "),
        (packed(x=repeated(LONG, 1_000)), "10000000 bytes are more than the 1000000 "),
        (packed(x=repeated(LONG.encode(), 1_000)), "10000000 bytes are more than the 1000000 "),
        (packed(x=repeated(LONG, 1_000).cast(pa.large_string())), "10000000 bytes are more than the 1000000 "),
        (packed(x=pa.ListArray.from_arrays([0, 1_000], repeated(LONG, 1_000))), "10000000 bytes are more "),
        (packed(x=pa.array([b"x" * 4_000] * 1_000, pa.binary(4_000))), "4000000 bytes are more than "),
    ),
    ids=("rows", "values", "pages", "texts", "binary", "large", "lists", "fixed"),
)
def test_a_small_body_that_becomes_large_is_refused_while_it_is_small(
    churn_model: ServedModel, monkeypatch: pytest.MonkeyPatch, content: bytes, said: str
) -> None:
    """Many rows, many values in a few, and long texts that are repeated are refused before anything is unpacked."""
    assert len(content) < 100_000

    def never(content: Any) -> Any:
        raise AssertionError("it was unpacked")

    monkeypatch.setattr(parquet_sizes, "MOST_VALUES", 100_000)
    monkeypatch.setattr(parquet_sizes, "MOST_BYTES", 1_000_000)
    monkeypatch.setattr(scoring_server, "parse_parquet_input", never)
    with pytest.raises(BadRequest, match=said):
        Body(content, KIND).read(churn_model, 1_000)


def test_usual_rows_are_let_through() -> None:
    """Numbers, missing values, texts few and many, lists, and no rows at all are no matter."""
    frame = pd.DataFrame(
        {
            "number": np.arange(1_000.0),
            "few": ["north", None] * 500,
            "many": [f"customer {i}" for i in range(1_000)],
            "list": [["a", "b"]] * 1_000,
        }
    )
    for rows in (frame, frame.head(0), frame[["number"]]):
        written = io.BytesIO()
        rows.to_parquet(written)
        check_size(written.getvalue(), 1_000)
