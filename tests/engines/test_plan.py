from __future__ import annotations

import numpy as np

from mlflow_exporter.domain import Kind, Role
from mlflow_exporter.engines.plan import LABEL, PREDICTION, SCORE, Parts, Plan, segments_of
from mlflow_exporter.profiles.binning import is_discrete, numeric_edges
from mlflow_exporter.profiles.layout import CategoricalColumn, Layout, NumericColumn, Values
from mlflow_exporter.profiles.outcomes import OutcomeSpec

BINARY = OutcomeSpec.classification(("no", "yes"))


def column(name: str, values: Values, kind: Kind = Kind.INTEGER) -> NumericColumn:
    return NumericColumn(Role.FEATURE, name, kind, numeric_edges(values), is_discrete(values))


def test_parts_name_every_column_once() -> None:
    """The columns of a log are named once, those it has not are left out."""
    parts = Parts("answer", "at", None, {"no": "p0", "yes": "p1"}, "answer", None)
    assert parts.names == ("answer", "at", "p0", "p1")


def test_a_plan_knows_what_the_log_calls_the_columns() -> None:
    """Answers have names of their own in a layout; features are called what they are called, even `prediction`."""
    layout = Layout(
        [
            column("prediction", np.array([1])),
            CategoricalColumn(Role.PREDICTION, PREDICTION, ("no", "yes")),
            CategoricalColumn(Role.LABEL, LABEL, ("no", "yes")),
            NumericColumn(Role.PREDICTION, SCORE, Kind.FLOAT, np.zeros(0)),
        ]
    )
    named = Plan(layout, BINARY, Parts("answer", probabilities={"yes": "p1"})).columns
    assert named == {
        (Role.FEATURE, "prediction"): "prediction",
        (Role.PREDICTION, PREDICTION): "answer",
        (Role.PREDICTION, SCORE): "p1",
    }


def test_segments_are_the_values_of_the_baseline() -> None:
    """Categories, truth and few whole numbers make segments; ranges of numbers, and unknown columns, do not."""
    int64 = np.iinfo(np.int64)
    lumpy = np.concatenate((np.zeros(100_000, np.int64), np.arange(300)))
    layout = Layout(
        [
            column("children", np.array([0, 1, 2, 6, 9, 10])),
            column("extremes", np.array([int64.min, int64.max])),
            column("lumpy", lumpy),
            column("age", np.array([1.0, 2.0]), Kind.FLOAT),
            column("member", np.array([1, 1]), Kind.BOOLEAN),
            CategoricalColumn(Role.FEATURE, "city", ("Zürich", "")),
            CategoricalColumn(Role.LABEL, "label", ("0", "1")),
        ]
    )
    assert len(layout.numeric[2].edges) < len(np.unique(lumpy))
    wanted = ["city", "children", "extremes", "member", "lumpy", "age", "label", "gone"]
    known, unknown = segments_of(layout, wanted)
    assert known == {
        "city": ("Zürich", ""),
        "children": ("0", "1", "2", "6", "9", "10"),
        "extremes": (str(int64.min), str(int64.max)),
        "member": ("false", "true"),
    }
    assert unknown == ["lumpy", "age", "label", "gone"]
