from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlflow_exporter.domain import Kind, Role
from mlflow_exporter.engines.identity import as_keys
from mlflow_exporter.engines.plan import Parts, Plan
from mlflow_exporter.engines.rows import Refusals, Rows, columns_needed, interpret, outcome_values
from mlflow_exporter.profiles.layout import CategoricalColumn, Layout, NumericColumn
from mlflow_exporter.profiles.outcomes import OutcomeSpec

NOW = 1_700_000_000.0
BINARY, REGRESSION = OutcomeSpec.classification(("0", "1")), OutcomeSpec.regression()
LAYOUT = Layout(
    [
        *(NumericColumn(Role.FEATURE, f"f{i}", Kind.FLOAT, np.zeros(0)) for i in range(10)),
        CategoricalColumn(Role.FEATURE, "city", ("Zürich", "")),
    ]
)
PARTS = Parts("prediction", "ts", "id", {"0": "p0", "1": "p1"}, "label", "latency")
CITY = {"city": ("Zürich", "")}
GOOD: dict[str, list[Any]] = {
    "id": ["a", "b", "c"],
    "ts": [NOW - 2, NOW - 1, NOW],
    "prediction": [0, 1, 1],
    "p0": [0.9, 0.2, 0.25],
    "p1": [0.1, 0.8, 0.75],
    "label": ["0", None, "1"],
    "latency": [0.5, None, 0.25],
    "city": ["Zürich", None, "Genf"],
}


def read(columns: dict[str, Any], spec: OutcomeSpec = BINARY, parts: Parts = PARTS) -> tuple[Rows, Refusals]:
    table = pa.table(columns)
    refusals = Refusals(table.num_rows, "log.csv")
    return interpret(table, Plan(LAYOUT, spec, parts, CITY), NOW, refusals), refusals


def test_good_rows_are_read_whole() -> None:
    """Every part of a good row is read, and none is refused."""
    rows, refusals = read(GOOD)
    assert refusals.kept.all()
    assert not refusals.rejections
    assert rows.times is not None
    assert rows.probabilities is not None
    assert rows.latency is not None
    assert rows.times.tolist() == GOOD["ts"]
    assert (rows.predicted.tolist(), rows.labelled.tolist()) == ([0, 1, 1], [True, False, True])
    assert rows.actual[rows.labelled].tolist() == [0, 1]
    assert rows.probabilities.tolist() == [[0.1], [0.8], [0.75]]
    assert (rows.latency[0], np.isnan(rows.latency[1])) == (0.5, True)
    assert rows.segments["city"].tolist() == [0, 2, 2]
    assert len(set(as_keys(rows.keys))) == 3


@pytest.mark.parametrize(
    ("columns", "reason", "said"),
    (
        ({"ts": [NOW, None, NOW]}, "missing_timestamp", "ts is empty"),
        ({"ts": [NOW, np.nan, NOW]}, "missing_timestamp", "ts is empty"),
        ({"ts": ["2023-01-01", "soon", "2023-01-01"]}, "invalid_timestamp", "ts 'soon' is not a time"),
        ({"ts": [NOW, NOW + 301, NOW]}, "future_timestamp", "ts '1700000301.0' is in the future"),
        ({"id": ["a", None, "c"]}, "missing_id", "id is empty"),
        ({"id": ["a", "", "c"]}, "missing_id", "id is empty"),
        ({"prediction": [0, None, 1]}, "missing_prediction", "prediction is empty"),
        ({"prediction": [0, 2, 1]}, "unknown_class", "prediction '2' is none of ['0', '1']"),
        ({"prediction": ["0", "x" * 200, "1"]}, "unknown_class", f"prediction '{'x' * 80}' is none of"),
        ({"p1": [0.1, 1.8, 0.75]}, "invalid_probabilities", "p0, p1 are [0.2, 1.8], not within 0 to 1"),
        ({"p1": [0.1, -0.1, 0.75]}, "invalid_probabilities", "p0, p1 are [0.2, -0.1], not within 0 to 1"),
        ({"p1": [0.1, np.nan, 0.75]}, "invalid_probabilities", "p0, p1 are [0.2, nan], not within 0 to 1"),
        ({"p1": [0.1, None, 0.75]}, "invalid_probabilities", "p0, p1 are [0.2, nan], not within 0 to 1"),
        ({"p1": ["0.1", "x", "0.75"]}, "invalid_probabilities", "p0, p1 are [0.2, nan], not within 0 to 1"),
        ({"p1": [0.1, 0.7, 0.75]}, "invalid_probabilities", "p0, p1 sum to 0.9, not to 1"),
        ({"label": ["0", "maybe", "1"]}, "invalid_label", "label 'maybe' is no label of this model"),
    ),
    ids=lambda given: given if isinstance(given, str) and " " not in given else None,
)
def test_a_bad_row_is_refused_with_its_reason(columns: dict[str, Any], reason: str, said: str) -> None:
    """What is wrong with a row is told with the file, the row and the value; the others stay."""
    _, refusals = read(GOOD | columns)
    (rejection,) = refusals.rejections
    assert (rejection.reason, rejection.rows) == (reason, 1)
    assert rejection.example.startswith(f"log.csv, row 2: {said}")
    assert refusals.kept.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("columns", "reason"),
    (
        ({"prediction": [1.5, np.inf, 2.0]}, "invalid_prediction"),
        ({"prediction": ["1.5", "x", "2"]}, "invalid_prediction"),
        ({"prediction": [1.5, np.nan, 2.0]}, "missing_prediction"),
        ({"prediction": [1.5, None, 2.0]}, "missing_prediction"),
        ({"label": [1.5, -np.inf, None]}, "invalid_label"),
        ({"label": ["1.5", "x", ""]}, "invalid_label"),
    ),
)
def test_a_regressor_answers_finite_numbers(columns: dict[str, Any], reason: str) -> None:
    """Of a regressor, what is no finite number is refused, and what is empty is missing."""
    good: dict[str, Any] = {"id": [1, 2, 3], "prediction": [1.5, 2.5, 3.5], "label": [1.0, 2.0, None]}
    rows, refusals = read(good | columns, REGRESSION, Parts("prediction", id="id", label="label"))
    (rejection,) = refusals.rejections
    assert (rejection.reason, rejection.rows, refusals.kept.tolist()) == (reason, 1, [True, False, True])
    assert rows.predicted[refusals.kept].tolist() == [1.5, float((good | columns)["prediction"][2])]
    assert rows.labelled[2] == np.False_
    assert rows.probabilities is None


def test_the_first_reason_counts() -> None:
    """A row with several faults is refused once, so that rows read are rows counted and rows refused."""
    bad = {"ts": [None, NOW, NOW], "id": [None, None, "c"], "prediction": [7, 7, 7]}
    _, refusals = read(GOOD | bad)
    assert [(r.reason, r.rows) for r in refusals.rejections] == [
        ("missing_timestamp", 1),
        ("missing_id", 1),
        ("unknown_class", 1),
    ]
    assert not refusals.kept.any()


@pytest.mark.parametrize("written", ([0, 1], [0.0, 1.0], ["0", "1"], ["0.0", "1.00"], [False, True], ["False", "true"]))
def test_classes_however_they_are_written(written: list[Any]) -> None:
    """0, 0.0, the text 0 and false are one class."""
    plan = Plan(LAYOUT, BINARY, PARTS)
    codes, missing, wrong = outcome_values(pa.chunked_array([pa.array([*written, None])]), plan)
    assert codes[:2].tolist() == [0, 1]
    assert (missing.tolist(), wrong.tolist()) == ([False, False, True], [False] * 3)


def test_rounding_is_forgiven() -> None:
    """Softmax in 32 bits, and probabilities of two decimals, are within reason, and end up within 0 to 1."""
    spec = OutcomeSpec.classification(tuple("abcde"))
    parts = Parts("prediction", probabilities={label: label for label in "abcde"})
    exact = {label: [0.0, 0.0, 0.0] for label in "abcd"} | {"a": [-1e-7, 0.194, 0.19], "e": [1 + 1e-7, 0.19, 0.19]}
    columns = {**exact, **{label: [0.0, 0.2, 0.19] for label in "bcd"}, "prediction": ["a"] * 3}
    columns["b"], columns["c"], columns["d"] = [0.0, 0.2, 0.2], [0.0, 0.2, 0.2], [0.0, 0.2, 0.195]
    rows, refusals = read(columns, spec, parts)
    assert refusals.kept.tolist() == [True, True, True]
    assert rows.probabilities is not None
    assert (rows.probabilities.min(), rows.probabilities.max()) == (0, 1)


def test_the_positive_class_alone_will_do() -> None:
    """Of a binary classifier one column of probabilities is enough; without it there are none."""
    columns = {name: GOOD[name] for name in ("id", "ts", "prediction", "p1")}
    rows, refusals = read(columns)
    assert refusals.kept.all()
    assert rows.probabilities is not None
    rows, _ = read({name: GOOD[name] for name in ("id", "ts", "prediction", "p0")})
    assert rows.probabilities is None


def test_what_a_log_has_not_is_left_out() -> None:
    """Without times, ids, labels, latencies and segments the rows are still rows."""
    rows, refusals = read({"prediction": [0, 1], "f0": [1.0, 2.0]}, BINARY, Parts("prediction"))
    assert (rows.times, rows.latency, rows.probabilities) == (None, None, None)
    assert refusals.kept.all()
    assert not rows.labelled.any()
    assert rows.segments["city"].tolist() == [2, 2]
    assert len(np.unique(rows.keys)) == 2


def test_no_rows() -> None:
    """A chunk without rows has none, and refuses none."""
    rows, refusals = read({name: pa.array([], pa.string()) for name in GOOD})
    assert (len(rows.predicted), refusals.rejections) == (0, [])


def test_columns_that_are_wanted() -> None:
    """With an id only the parts and segments are read; without, the first features too, to tell rows apart."""
    names = [*GOOD, *(f"f{i}" for i in range(10)), "other"]
    assert columns_needed(Plan(LAYOUT, BINARY, PARTS, CITY), names) == [
        *("prediction", "ts", "id", "p0", "p1", "label", "latency", "city")
    ]
    assert columns_needed(Plan(LAYOUT, BINARY, Parts("prediction")), names) == [
        "prediction",
        *(f"f{i}" for i in range(8)),
    ]
