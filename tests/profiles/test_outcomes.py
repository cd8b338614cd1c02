from __future__ import annotations

import json

import numpy as np
import pytest

from mlflow_exporter.domain import Task
from mlflow_exporter.errors import ConfigurationError, IncompatibleProfiles
from mlflow_exporter.profiles.outcomes import OutcomeSpec

SCORES = np.random.default_rng(0).random((1_000, 3))


def test_last_of_two_classes_is_positive_by_default() -> None:
    """Of two classes the last is the positive one unless the other is named."""
    assert OutcomeSpec.classification(("no", "yes")).positive == "yes"
    named = OutcomeSpec.classification(("no", "yes"), "no")
    assert (named.positive, named.positive_code, named.score_columns, named.score_codes) == ("no", 0, ("no",), (0,))


def test_every_class_of_more_than_two_has_a_score_column() -> None:
    """With three classes there is no positive one, and each has its own edges and cells."""
    spec = OutcomeSpec.classification(("a", "b", "c"), None, SCORES)
    assert spec.positive is None
    assert spec.score_columns == ("a", "b", "c")
    assert np.diff(spec.starts).tolist() == [len(edges) + 1 for edges in spec.edges]
    with pytest.raises(ValueError, match="only a model of two classes"):
        _ = spec.positive_code


def test_regression_has_no_classes_and_no_cells() -> None:
    """The specification of a regressor is empty."""
    spec = OutcomeSpec.regression()
    assert (spec.task, spec.score_columns, spec.starts.tolist()) == (Task.REGRESSION, (), [0])


@pytest.mark.parametrize(
    ("classes", "positive", "message"),
    (
        (("only",), None, "needs two classes or more, and the baseline has"),
        (("a", "b"), "c", "performance.positive: 'c' is not one of two classes; the classes are"),
        (("a", "b", "c"), "a", "performance.positive: 'a' is not one of two classes; .* leave it out"),
    ),
)
def test_impossible_classes_are_refused(classes: tuple[str, ...], positive: str | None, message: str) -> None:
    """One class, or a positive class that is not one of two, is an error that says how to mend it."""
    with pytest.raises(ConfigurationError, match=message):
        OutcomeSpec.classification(classes, positive)


@pytest.mark.parametrize(
    "spec",
    (
        OutcomeSpec.regression(),
        OutcomeSpec.classification(("0", "1")),
        OutcomeSpec.classification(("a", "b", "ü"), None, SCORES),
    ),
    ids=("regression", "binary", "multiclass"),
)
def test_json_keeps_every_bit(spec: OutcomeSpec) -> None:
    """A specification survives JSON with its digest and its very edges."""
    read = OutcomeSpec.from_json(json.loads(json.dumps(spec.to_json())))
    assert read.digest == spec.digest
    assert (read.task, read.classes, read.positive) == (spec.task, spec.classes, spec.positive)
    assert all(np.array_equal(a, b) for a, b in zip(read.edges, spec.edges, strict=True))
    read.require_same(spec)


def test_other_edges_or_classes_do_not_add_up() -> None:
    """Specifications that differ in a class, the positive one or an edge are told apart."""
    spec = OutcomeSpec.classification(("0", "1"))
    others = (
        OutcomeSpec.classification(("0", "2")),
        OutcomeSpec.classification(("0", "1"), "0"),
        OutcomeSpec.classification(("0", "1"), None, SCORES[:, :1]),
        OutcomeSpec.regression(),
    )
    for other in others:
        with pytest.raises(IncompatibleProfiles, match="make the baseline anew"):
            spec.require_same(other)


def test_baseline_rows_without_probabilities_place_no_edges() -> None:
    """A NaN among the baseline's scores changes nothing."""
    with_gap = np.concatenate((SCORES[:, :1], [[np.nan]]))
    without = OutcomeSpec.classification(("0", "1"), None, SCORES[:, :1])
    assert OutcomeSpec.classification(("0", "1"), None, with_gap).digest == without.digest
