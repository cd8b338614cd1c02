"""Request by request with `mlflow models serve` on the same model."""

from __future__ import annotations

import io
import json
from typing import Any

import pandas as pd
import pytest

ROW = {"age": 44.0, "income": 1000.0, "visits": 3, "region": "north"}
OTHER = {"age": 20.0, "income": 500.5, "visits": 0, "region": "west"}
CSV = "age,income,visits,region\n44,1000,3,north\n20,500.5,0,west\n"
JSON = "application/json"


def split(*rows: dict[str, Any]) -> dict[str, Any]:
    """Rows as pandas splits them."""
    return {"dataframe_split": {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}}


def parquet() -> bytes:
    """Two rows as Parquet."""
    written = io.BytesIO()
    pd.DataFrame([ROW, OTHER]).to_parquet(written)
    return written.getvalue()


ANSWERED = {
    "split": (split(ROW, OTHER), JSON),
    "split with an index": ({"dataframe_split": {**split(ROW)["dataframe_split"], "index": [7]}}, JSON),
    "records": ({"dataframe_records": [ROW, OTHER]}, JSON),
    "instances": ({"instances": [ROW, OTHER]}, JSON),
    "inputs": ({"inputs": {name: [ROW[name], OTHER[name]] for name in ROW}}, JSON),
    "inputs as records": ({"inputs": [ROW, OTHER]}, JSON),
    "csv": (CSV, "text/csv"),
    "csv with a charset": (CSV, "text/csv; charset=utf-8"),
    "parquet": (parquet(), "application/vnd.apache.parquet"),
    "an extra column": ({"dataframe_records": [{**ROW, "extra": 1}]}, JSON),
    "columns in another order": ({"dataframe_records": [dict(reversed(ROW.items()))]}, JSON),
    "unknown parameters": ({"dataframe_records": [ROW], "params": {"factor": 3}}, JSON),
    "a missing number": ({"dataframe_records": [{**ROW, "region": None}]}, JSON),
    "whole numbers for floats": ({"dataframe_records": [{**ROW, "age": 44}]}, JSON),
    "numbers as text": ({"dataframe_records": [{**ROW, "age": "44"}]}, JSON),
}
REFUSED = {
    "broken JSON": ('{"inputs": ', JSON),
    "no UTF-8": (b"\xff\xfe{}", JSON),
    "a list": ([ROW], JSON),
    "a number": ("17", JSON),
    "no format": ({}, JSON),
    "two formats": ({**split(ROW), "inputs": [ROW]}, JSON),
    "an unknown format": ({"rows": [ROW]}, JSON),
    "split without data": ({"dataframe_split": {"columns": ["age"]}}, JSON),
    "split that does not match": ({"dataframe_split": {"columns": ["age"], "data": [[1, 2]]}}, JSON),
    "records that are none": ({"dataframe_records": {"age": 1}}, JSON),
    "a missing column": ({"dataframe_records": [{"age": 44.0}]}, JSON),
    "text for a number": ({"dataframe_records": [{**ROW, "age": "old"}]}, JSON),
    "a missing whole number": ({"dataframe_records": [{**ROW, "visits": None}]}, JSON),
    "a list for a number": ({"dataframe_records": [{**ROW, "age": [1]}]}, JSON),
    "text in CSV": (CSV.replace("44", "old"), "text/csv"),
    "CSV that is none": ('a,b\n"', "text/csv"),
    "Parquet that is none": ("no", "application/vnd.apache.parquet"),
    "another type": ("x", "text/plain"),
    "another charset": (CSV, "text/csv; charset=latin-1"),
    "a parameter of the type": ("{}", "application/json; format=pandas-split"),
}


@pytest.fixture(scope="module")
def both(shared_servers: Any, churn: Any) -> tuple[Any, Any]:
    """Ours and MLflow's server."""
    theirs = shared_servers.mlflow(churn.folder)
    ours = shared_servers.serve("--model-uri", str(churn.folder))
    return ours, shared_servers.wait(theirs)


@pytest.mark.parametrize("case", ANSWERED)
def test_what_mlflow_answers_is_answered_alike(both: tuple[Any, Any], case: str) -> None:
    """Status, type and body are the same, to the byte."""
    ours, theirs = (server.ask("/invocations", *ANSWERED[case]) for server in both)
    assert theirs.status == 200, theirs.text
    assert (ours.status, ours.text) == (theirs.status, theirs.text)
    assert ours.headers["Content-Type"] == {key.title(): value for key, value in theirs.headers.items()}["Content-Type"]


@pytest.mark.parametrize("case", REFUSED)
def test_what_mlflow_refuses_is_refused_alike(both: tuple[Any, Any], case: str) -> None:
    """The status is the same; the reason says no value and no line of code."""
    ours, theirs = (server.ask("/invocations", *REFUSED[case]) for server in both)
    assert ours.status == theirs.status, theirs.text
    assert json.loads(ours.text)["message"]
    assert "Traceback" not in ours.text
    assert "old" not in ours.text.replace("thold", "")


def test_probes_are_answered_alike(both: tuple[Any, Any]) -> None:
    """The load balancer of one server understands the other."""
    for path in ("/ping", "/version"):
        ours, theirs = (server.ask(path) for server in both)
        assert (ours.status, ours.text) == (theirs.status, theirs.text)
        assert ours.status == 200
    assert {server.ask("/health").status for server in both} == {200}


def test_an_unset_content_type_is_the_clients_mistake(both: tuple[Any, Any]) -> None:
    """Where MLflow's server breaks, this one says what is missing."""
    ours, theirs = (server.ask("/invocations", '{"inputs": [1]}', content_type="") for server in both)
    assert (ours.status, theirs.status) == (415, 500)
