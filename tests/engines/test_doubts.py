from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from mlflow_exporter.engines.doubts import FEW_ROWS, doubts, doubts_of_scores
from mlflow_exporter.engines.inference import Request, infer_columns, infer_outcome
from mlflow_exporter.engines.plan import Parts
from mlflow_exporter.engines.sampling import Sample
from mlflow_exporter.profiles.layout import Layout
from mlflow_exporter.profiles.outcomes import OutcomeSpec

N = FEW_ROWS
IDS = [f"r{i}" for i in range(N)]
TABLE = pa.table({"id": IDS, "city": ["a", "b"] * (N // 2), "number": list(range(N)), "label": [0, 1] * (N // 2)})


def told(sample: Sample, **asked: Any) -> list[str]:
    """What is doubted of a sample."""
    request = Request(Parts("prediction", label="label"), origin="ref", **asked)
    layout = Layout(infer_columns(sample, request, infer_outcome(sample, request)))
    return [str(problem) for problem in doubts(sample, request, layout)]


def test_identifiers_are_told_with_the_key_that_leaves_them_out() -> None:
    """Text that is different in most rows looks like an identifier; whole numbers and few rows do not."""
    what = "ref: column 'id' has 1,000 distinct texts in 1,000 rows, as an identifier or free text has"
    assert told(Sample(TABLE)) == [f"{what}; name it in `features.exclude`: [id]"]
    assert told(Sample(TABLE), exclude=["id"]) == []
    assert told(Sample(TABLE.slice(1))) == []


@pytest.mark.parametrize(("distinct", "is_told"), ((500, False), (501, True)))
def test_half_of_the_rows_is_the_limit(distinct: int, is_told: bool) -> None:
    """A category may be different in every second row, and no more."""
    ids = pa.array([f"r{i % distinct}" for i in range(N)])
    assert bool(told(Sample(TABLE.set_column(0, "id", ids)))) is is_told


def test_inputs_that_are_missing_or_too_many() -> None:
    """Inputs of the signature that the data lacks, and columns beyond the limit, are named."""
    missing = [f"x{i}" for i in range(7)]
    assert told(Sample(TABLE), features=["city", "number", *missing], most_columns=1) == [
        "ref: it lacks the model's inputs 'x0', 'x1', 'x2', 'x3', 'x4' and 2 more; give data with every input",
        (
            "ref: 1 columns beyond the first 1 are not watched: 'number'; "
            "raise `limits.columns`, or name what matters less in `features.exclude`"
        ),
    ]


def test_names_that_no_column_has() -> None:
    """A list with a slip in it would have no effect."""
    assert told(Sample(TABLE), exclude=["id", "nubmer"], categorical=["zip"]) == [
        "features.exclude: the reference data has no column 'nubmer'; did you mean 'number'?",
        "features.categorical: the reference data has no column 'zip'; use one of id, city, number, label",
    ]


@pytest.mark.parametrize(
    ("classes", "given", "lacking"),
    (
        (("no", "yes"), (), None),
        (("no", "yes"), ("no", "yes"), None),
        (("no", "yes"), ("yes",), None),
        (("no", "yes"), ("no",), "'yes', so those of 'no'"),
        (("a", "b", "c"), ("a", "c"), "'b', so those of 'a', 'c'"),
    ),
)
def test_classes_without_a_probability(classes: tuple[str, ...], given: tuple[str, ...], lacking: str | None) -> None:
    """Every class needs one; of two classes the positive one is enough."""
    request = Request(Parts("prediction", None, None, {name: f"p_{name}" for name in given}), origin="ref")
    found = list(map(str, doubts_of_scores(request, OutcomeSpec.classification(classes))))
    expected = f"ref: no column has the probability of {lacking} are not used; name the column of every class"
    assert found == ([] if lacking is None else [expected])


def test_columns_of_more_than_one_type() -> None:
    """What was text in some files and numbers in others is told, and as what it is read."""
    sample = Sample(pa.table({"x": ["1", "2", "x"], "y": ["a", "b", "1"], "label": [0, 1, 1]}), frozenset("xy"))
    assert told(sample) == [
        "ref: column 'x' is not of one type in all of it, and is read as numbers; write it with one type",
        "ref: column 'y' is not of one type in all of it, and is read as text; write it with one type",
    ]
