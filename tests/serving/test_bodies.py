from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from structlog.testing import capture_logs
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from mlflow_exporter.serving.bodies import Body, row_count
from mlflow_exporter.serving.served import ServedModel

ROW = {"age": 44.0, "income": 1000.0, "visits": 3, "region": "north"}


def body(document: Any, kind: str = "application/json", *, plain: bool = False) -> Body:
    """A body; what is no bytes is written as JSON."""
    return Body(document if isinstance(document, bytes) else json.dumps(document).encode(), kind, plain=plain)


def parquet() -> bytes:
    """The row as Parquet."""
    written = io.BytesIO()
    pd.DataFrame([ROW]).to_parquet(written)
    return written.getvalue()


@pytest.mark.parametrize(
    "sent",
    (
        body({"dataframe_records": [ROW]}),
        body({"dataframe_split": {"columns": list(ROW), "data": [list(ROW.values())]}}),
        body({"instances": [ROW]}),
        body({"inputs": {name: [value] for name, value in ROW.items()}}),
        body(b"age,income,visits,region\n44,1000,3,north\n", "text/csv; charset=UTF-8"),
        body(parquet(), "application/vnd.apache.parquet"),
        body(ROW, plain=True),
        body([ROW], plain=True),
    ),
)
def test_every_format_asks_the_same(churn_model: ServedModel, sent: Body) -> None:
    """However a row is sent, the model answers it alike."""
    question = sent.read(churn_model, max_rows=1)
    assert row_count(question.rows) == 1
    assert list(churn_model.predict(question.rows)) == ["yes"]


@pytest.mark.parametrize(
    ("kind", "plain"),
    (
        ("text/plain", False),
        ("", False),
        ("application/json; charset=latin-1", False),
        ("application/json; format=pandas-split", False),
        ("text/csv", True),
    ),
)
def test_other_content_types_are_unsupported(churn_model: ServedModel, kind: str, plain: bool) -> None:
    """What cannot be read is refused by its type, not tried."""
    with pytest.raises(UnsupportedMediaType):
        body({"inputs": [1]}, kind, plain=plain).read(churn_model, 1)


@pytest.mark.parametrize(
    ("sent", "said"),
    (
        (body(b'{"inputs": SECRET'), r"the body is not JSON: Expecting value \(line 1 column 12\)"),
        (body(b"\xff\xfe"), "the body is not JSON"),
        (body(b"[" * 100_000), "the body is not JSON"),
        (body([1]), "exactly one of dataframe_split, dataframe_records, instances, inputs"),
        (body({"SECRET": 1}), "exactly one of"),
        (body({"inputs": 1, "instances": 2}), "exactly one of"),
        (body({"dataframe_split": {"columns": ["SECRET"], "data": [[1, 2]]}}), "cannot be read as rows"),
        (body({"dataframe_records": "SECRET"}), "cannot be read as rows"),
        (body(b'age,income\n"SECRET', "text/csv"), "cannot be read as rows"),
        (body(b"\xff", "text/csv"), "the body is not UTF-8 text"),
        (body(b"SECRET", "application/vnd.apache.parquet"), "cannot be read as rows"),
        (body({"dataframe_records": [{**ROW, "age": "SECRET"}]}), "column 'age': expected double, row 0 is text"),
        (
            body(b"age,income,visits,region\nSECRET,1,3,north\n", "text/csv"),
            "column 'age': expected double, row 0 is text",
        ),
        (
            body({"dataframe_split": {"columns": [*ROW, "age"], "data": [[*ROW.values(), "SECRET"]]}}),
            "column 'age' comes 2 times",
        ),
        (body([], plain=True), "a list of such objects"),
        (body(["SECRET"], plain=True), "send a JSON object"),
        (body([ROW, ROW], plain=True), "2 rows are more than the 1 that a request may have"),
    ),
)
def test_what_cannot_be_read_says_why_and_no_value(churn_model: ServedModel, sent: Body, said: str) -> None:
    """The reason is told; nothing of what was sent is repeated."""
    with pytest.raises(BadRequest, match=said) as raised:
        sent.read(churn_model, max_rows=1)
    assert "SECRET" not in str(raised.value.description)


def test_a_mistake_that_is_not_found_is_the_requests_still(
    churn_model: ServedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever looking for it raises, the request is refused, and neither the answer nor the log has a value."""

    def fail(*_: Any, **__: Any) -> list[str]:
        raise LookupError("SECRET")

    monkeypatch.setattr("mlflow_exporter.serving.bodies.input_mistakes", fail)
    with capture_logs() as events, pytest.raises(BadRequest, match="MLflow cannot make of it") as raised:
        body({"dataframe_records": [{**ROW, "age": "x"}]}).read(churn_model, 1)
    assert "SECRET" not in str(raised.value.description)
    assert [(event["event"], event["error"]) for event in events] == [
        ("the mistake in a request was not found", "LookupError")
    ]


def test_a_csv_without_a_header_is_refused_without_its_first_row(churn_model: ServedModel) -> None:
    """The columns that the model does not know are named of JSON, and counted of CSV."""
    said = str(body(b"44,1000,3,SECRET\n45,1000,3,north\n", "text/csv").refusal(churn_model).description)
    assert "does not know 4 of the 4 columns that the first row names; it knows 'age', 'income'" in said
    assert "SECRET" not in said
    assert "does not know 'aeg'" in str(body({"instances": [{"aeg": 44.0}]}).refusal(churn_model).description)


def test_parameters_come_with_the_rows(doubler_model: ServedModel) -> None:
    """Parameters are read, and the wrong ones are told."""
    for rows in ({"inputs": {"x": [2.0]}}, {"dataframe_split": {"columns": ["x"], "data": [[2.0]]}}):
        question = body({**rows, "params": {"factor": 5}}).read(doubler_model, 1)
        assert list(doubler_model.predict(question.rows, question.params)) == [10.0]
    wrong = body({"inputs": {"x": [2.0]}, "params": {"factor": "SECRET"}})
    assert "parameter 'factor': expected long, got text" in str(wrong.refusal(doubler_model).description)


def test_what_mlflow_takes_for_a_chat_is_none_of_rows(doubler_model: ServedModel) -> None:
    """A document with messages is MLflow's unified LLM input, whatever else it has."""
    rows = {"dataframe_split": {"columns": ["x"], "data": [[2.0]]}}
    assert body({**rows, "messages": []}).read(doubler_model, 1).bare
    assert not body(rows).read(doubler_model, 1).bare


@pytest.mark.parametrize(
    ("rows", "count"),
    (
        (pd.DataFrame({"a": [1, 2]}), 2),
        (np.zeros((3, 2)), 3),
        (np.array(1), 1),
        ([1, 2], 2),
        ("text", 1),
        ({"a": [1, 2, 3]}, 3),
        ({}, 0),
        (7, 1),
    ),
)
def test_rows_are_counted_in_every_shape(rows: Any, count: int) -> None:
    """Frames, arrays, lists and columns have the rows that they have."""
    assert row_count(rows) == count


@pytest.mark.parametrize("damaged", (slice(0, -40), slice(4, None), slice(0, 0)))
def test_damaged_parquet_is_a_mistake_of_the_request(churn_model: ServedModel, damaged: slice) -> None:
    """What is no Parquet is refused like any other input that cannot be read."""
    with pytest.raises(BadRequest, match="cannot be read as rows"):
        body(parquet()[damaged], "application/vnd.apache.parquet").read(churn_model, 10)
