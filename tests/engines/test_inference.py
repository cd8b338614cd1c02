from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlflow_exporter.domain import Kind, Role, Task
from mlflow_exporter.engines.inference import Request, infer_columns, infer_outcome, kind_of, present_parts
from mlflow_exporter.engines.plan import Parts
from mlflow_exporter.engines.sampling import Sample
from mlflow_exporter.errors import BaselineError, ConfigurationError
from mlflow_exporter.profiles.layout import CategoricalColumn
from mlflow_exporter.profiles.outcomes import OutcomeSpec

N = 200
RNG = np.random.default_rng(0)
PARTS = Parts("prediction", "ts", "id", label="label")


def sample(**columns: Any) -> Sample:
    return Sample(pa.table(columns))


@pytest.mark.parametrize(
    ("label", "classes"),
    (
        ([0, 1, 1], ("0", "1")),
        ([2, 10, 1], ("1", "2", "10")),
        ([-1, 1, None], ("-1", "1")),
        ([0.0, 1.0, None], ("0", "1")),
        ([0.0, 1.0, np.nan], ("0", "1")),
        (["yes", "no", "yes"], ("no", "yes")),
        ([True, False, True], ("false", "true")),
        ([Decimal("1.00"), Decimal("0.00")], ("0", "1")),
        (["b", "10", "9"], ("10", "9", "b")),
        (list(range(50)), tuple(map(str, range(50)))),
        (list(range(51)), None),
        ([0.5, 1.0, 2.0], None),
        ([1e6, 2e6, 3.5], None),
    ),
    ids=str,
)
def test_the_label_tells_task_and_classes(label: list[Any], classes: tuple[str, ...] | None) -> None:
    """Text, truth and few whole numbers, floats of missing ones included, are classes; other numbers are not."""
    spec = infer_outcome(sample(label=label), Request(PARTS))
    assert spec.task is (Task.REGRESSION if classes is None else Task.CLASSIFICATION)
    assert spec.classes == (classes or ())


def test_fractional_predictions_of_whole_labels_are_a_regression() -> None:
    """A model that answers 2.4 children is no classifier, though the labels are few whole numbers."""
    assert infer_outcome(sample(label=[1, 2, 3], prediction=[1.5, 2.4, 3]), Request(PARTS)).task is Task.REGRESSION


def test_the_configured_task_is_kept() -> None:
    """What the configuration says goes before what the data looks like."""
    assert infer_outcome(sample(label=[1, 2, 3]), Request(PARTS, Task.REGRESSION)).task is Task.REGRESSION
    spec = infer_outcome(sample(label=[1.5, 2.5]), Request(PARTS, Task.CLASSIFICATION))
    assert spec.classes == ("1.5", "2.5")


@pytest.mark.parametrize(
    "prediction", ([0, 1, 2], [0.0, 1.0, 2.0], ["0", "1", "2"]), ids=("integers", "floats", "text")
)
def test_classes_come_from_all_that_tells_them(prediction: list[Any]) -> None:
    """Classes are those of label, prediction and probabilities, each once however it is written."""
    parts = Parts("prediction", probabilities={"3": "p3"}, label="label")
    spec = infer_outcome(sample(label=[False, True, None], prediction=prediction), Request(parts))
    assert spec.classes == ("2", "3", "false", "true")
    assert infer_outcome(sample(label=[0, 1, 1], prediction=prediction), Request(PARTS)).classes == ("0", "1", "2")


def test_probabilities_place_the_score_bins() -> None:
    """Given probabilities make a classifier, whose score bins follow them; wrong values place none."""
    parts = Parts("prediction", probabilities={"0": "p0", "1": "p1"})
    scores = RNG.beta(0.5, 20, N)
    spec = infer_outcome(sample(p1=[*scores, None, 1.5]), Request(parts))
    assert spec.classes == ("0", "1")
    assert np.isin(scores, spec.edges[0]).all()
    assert infer_outcome(sample(x=[1]), Request(parts)).digest == OutcomeSpec.classification(("0", "1")).digest


@pytest.mark.parametrize("task", (None, Task.CLASSIFICATION))
@pytest.mark.parametrize("column", ([f"t{i}" for i in range(1_001)], [str(i / 10) for i in range(1_001)]))
def test_more_than_a_thousand_classes_are_an_error(column: list[str], task: Task | None) -> None:
    """A label that is an identifier or a number as text is told by name; a thousand classes are classes."""
    request = Request(PARTS, task, origin="ref.csv")
    with pytest.raises(BaselineError) as error:
        infer_outcome(sample(label=column, prediction=column[::-1]), request)
    assert str(error.value) == (
        "ref.csv: 1,001 classes in 'label' and 'prediction', where a classifier may have 1,000: it looks like an "
        "identifier or a number; give another column, or `task: regression` (--task regression)"
    )
    assert len(infer_outcome(sample(label=column[:1_000]), request).classes) == 1_000
    assert infer_outcome(sample(label=column), Request(PARTS, Task.REGRESSION)).task is Task.REGRESSION


def test_no_answer_tells_no_task() -> None:
    """Without label and prediction the error says what to set."""
    with pytest.raises(BaselineError, match=r"^ref\.csv: it has no label and no prediction .*; set `task`"):
        infer_outcome(sample(x=[1]), Request(PARTS, origin="ref.csv"))


def test_one_class_is_no_classifier() -> None:
    """A label that is always the same is an error."""
    with pytest.raises(ConfigurationError, match="needs two classes or more"):
        infer_outcome(sample(label=[1, 1]), Request(PARTS))


@pytest.mark.parametrize(
    ("column", "kind"),
    (
        (pa.array([True]), Kind.BOOLEAN),
        (pa.array([1], pa.int8()), Kind.INTEGER),
        (pa.array([2**63 - 1, None], pa.uint64()), Kind.INTEGER),
        (pa.array([2**63], pa.uint64()), Kind.FLOAT),
        (pa.array([None], pa.uint64()), Kind.INTEGER),
        (pa.array([Decimal(2**60)], pa.decimal128(38, 0)), Kind.INTEGER),
        (pa.array([Decimal(-(2**70))], pa.decimal128(38, 0)), Kind.FLOAT),
        (pa.array([Decimal("1.5")]), Kind.FLOAT),
        (pa.array([1.5], pa.float32()), Kind.FLOAT),
        (pa.nulls(1), Kind.FLOAT),
        (pa.array([1], pa.timestamp("ns", "UTC")), Kind.TIMESTAMP),
        (pa.array([1], pa.date32()), Kind.TIMESTAMP),
        (pa.array(["1"]), Kind.CATEGORICAL),
        (pa.array(["1"]).dictionary_encode(), Kind.CATEGORICAL),
        (pa.array([[1]]), Kind.CATEGORICAL),
        (pa.array([1], pa.time64("us")), Kind.CATEGORICAL),
    ),
    ids=lambda given: f"{given.type} {given[0]}" if isinstance(given, pa.Array) else str(given),
)
def test_kinds_by_type(column: pa.Array, kind: Kind) -> None:
    """A column's kind follows its type; whole numbers that do not fit an int64 are floats."""
    assert kind_of(pa.chunked_array([column])) is kind


DATA = sample(
    id=[f"r{i}" for i in range(N)],
    ts=pa.array(range(N), pa.timestamp("s")),
    x=RNG.normal(size=N),
    n=RNG.integers(0, 5, N),
    zip=RNG.integers(1_000, 1_005, N),
    city=RNG.choice(["Zürich", ""], N),
    empty=pa.nulls(N),
    label=RNG.integers(0, 2, N),
    prediction=RNG.integers(0, 2, N),
    p1=RNG.random(N),
)
FULL = Parts("prediction", "ts", "id", {"1": "p1"}, "label")


def test_layout_of_the_reference_data() -> None:
    """Every column that plays no part is a feature, never a timestamp, an id or an answer; answers follow."""
    request = Request(FULL, exclude=["n"], categorical=["zip"])
    columns = infer_columns(DATA, request, infer_outcome(DATA, request))
    assert [(c.role, c.name, c.kind) for c in columns] == [
        (Role.FEATURE, "x", Kind.FLOAT),
        (Role.FEATURE, "zip", Kind.CATEGORICAL),
        (Role.FEATURE, "city", Kind.CATEGORICAL),
        (Role.FEATURE, "empty", Kind.FLOAT),
        (Role.PREDICTION, "prediction", Kind.CATEGORICAL),
        (Role.LABEL, "label", Kind.CATEGORICAL),
        (Role.PREDICTION, "score", Kind.FLOAT),
    ]
    zips, answers = columns[1], columns[4]
    assert isinstance(zips, CategoricalColumn)
    assert isinstance(answers, CategoricalColumn)
    assert sorted(zips.categories) == ["1000", "1001", "1002", "1003", "1004"]
    assert (answers.categories, answers.other) == (("0", "1"), False)


def test_the_signature_chooses_the_features() -> None:
    """Where the model's inputs are known, they and the segments are the features, in that order."""
    request = Request(FULL, features=["n", "gone", "x", "label"], segments=["city", "x"])
    columns = infer_columns(DATA, request, infer_outcome(DATA, request))
    assert [c.name for c in columns if c.role is Role.FEATURE] == ["n", "x", "city"]
    limited = Request(FULL, most_columns=2)
    assert [c.name for c in infer_columns(DATA, limited, infer_outcome(DATA, limited))][:3] == ["x", "n", "prediction"]


def test_a_regressors_answers_are_numbers() -> None:
    """Predictions and labels of a regressor are floats, whatever type they have."""
    data = sample(label=list(range(100)), prediction=RNG.normal(size=100))
    request = Request(PARTS)
    columns = infer_columns(data, request, infer_outcome(data, request))
    assert [(c.role, c.kind) for c in columns] == [(Role.PREDICTION, Kind.FLOAT), (Role.LABEL, Kind.FLOAT)]


def test_more_than_a_thousand_categories() -> None:
    """The heaviest thousand are listed, and the rest is `other`."""
    data = sample(x=[f"c{i}" for i in range(1_500)] * 2, label=[0, 1, 1] * 1_000)
    (feature, *_) = infer_columns(data, Request(PARTS), infer_outcome(data, Request(PARTS)))
    assert isinstance(feature, CategoricalColumn)
    assert (len(feature.categories), feature.other) == (1_000, True)


def test_only_the_parts_that_are_there() -> None:
    """Times and ids of production are no part of reference data, nor what it has no column for."""
    parts = Parts("prediction", "ts", "id", {"0": "p0", "1": "p1"}, "truth", "latency")
    assert present_parts(parts, DATA) == Parts("prediction", probabilities={"1": "p1"})
