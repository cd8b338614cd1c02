from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from mlflow_exporter.errors import ColumnMissing
from mlflow_exporter.evaluation.inputs import Input, label_input, prediction_input
from mlflow_exporter.evaluation.labels import LabelParts
from mlflow_exporter.sources.source import Chunk


def _chunk(*names: str, ignored: tuple[str, ...] = ()) -> Chunk:
    schema = pa.schema([(name, pa.string()) for name in names])
    return Chunk("log.csv, lines 2–9", "log.csv", {}, 0, 8, schema, lambda _: schema.empty_table(), ignored)


def test_features_and_parts_are_asked_for_in_their_types(lab: Any) -> None:
    """A column has its baseline's type, an answer is text for a classifier, probabilities are numbers."""
    wanted = prediction_input(lab.watched(lab.settings(segments=["region"])).stream.plan)
    assert wanted.types == {
        "age": pa.float64(),
        "income": pa.float64(),
        "kids": pa.int64(),
        "region": pa.string(),
        "request_id": pa.string(),
        "ts": pa.timestamp("us", tz="UTC"),
        "prediction": pa.string(),
        "p0": pa.float64(),
        "p1": pa.float64(),
        "latency": pa.float64(),
    }
    assert set(wanted.required) == {"prediction", "ts", "request_id", "p0", "p1", "latency"}


def test_labels_need_every_column_that_is_named(lab: Any) -> None:
    """Id, label and, where it is named, time."""
    plan = lab.watched().stream.plan
    assert label_input(LabelParts("id", "truth"), plan).required == ("id", "truth")
    assert label_input(LabelParts("id", "truth", "at"), plan).required == ("id", "truth", "at")


def test_every_missing_column_is_named_with_what_there_is() -> None:
    """Without a near name the others are listed."""
    with pytest.raises(ColumnMissing) as caught:
        Input({}, ("ts", "prediction")).require(_chunk("x", ignored=("y",)))
    assert str(caught.value) == (
        "log.csv: there is no column 'ts', 'prediction', so none of it is read; name it in `columns`; "
        "its other columns are x, y"
    )


def test_an_optional_column_is_missed_only_where_its_like_is_there() -> None:
    """A label that is left out is fine, one that is misspelt is not."""
    wanted = Input({}, ("prediction",), ("label",))
    wanted.require(_chunk("prediction", "x"))
    wanted.require(_chunk("prediction", "label"))
    with pytest.raises(ColumnMissing, match="did you mean 'labels'"):
        wanted.require(_chunk("prediction", ignored=("labels",)))
