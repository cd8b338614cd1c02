"""What a model answers and how it is counted, pinned by the baseline: what makes two tallies add up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.domain import Task
from mlflow_exporter.errors import ConfigurationError, IncompatibleProfiles
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.scores import score_edges

BINARY_RESOLUTION, MULTICLASS_RESOLUTION = 500, 100


@dataclass(frozen=True, eq=False)
class OutcomeSpec:
    """The classes of a model and the bins of its scores; for regression, all are empty.

    A code is a position in `classes`. `positive` is None with more than two classes. `edges` has one ascending
    (E,) array for each of `score_columns`; E may differ. A score is in cell i where edges[i-1] <= score < edges[i],
    so a column has E + 1 cells, and cells are flat over the columns: column k has starts[k]:starts[k + 1].
    """

    task: Task
    classes: tuple[str, ...] = ()
    positive: str | None = None
    edges: tuple[Floats, ...] = ()

    @classmethod
    def regression(cls) -> OutcomeSpec:
        """The specification of a model that answers a number."""
        return cls(Task.REGRESSION)

    @classmethod
    def classification(
        cls, classes: tuple[str, ...], positive: str | None = None, baseline_scores: Floats | None = None
    ) -> OutcomeSpec:
        """The specification of a classifier.

        `baseline_scores` (n, K), one column for each of `score_columns`, place the edges where the scores are; rows
        with NaN are left out. Of two classes the last is positive by default, as in scikit-learn.
        Raises ConfigurationError for fewer than two classes and for a `positive` that is not one of two classes.
        """
        _check_classes(classes, positive)
        columns = 1 if len(classes) == 2 else len(classes)
        resolution = BINARY_RESOLUTION if columns == 1 else MULTICLASS_RESOLUTION
        scores = np.empty((0, columns)) if baseline_scores is None else baseline_scores
        scores = scores[~np.isnan(scores).any(axis=1)]
        edges = tuple(score_edges(scores[:, k], resolution) for k in range(columns))
        return cls(Task.CLASSIFICATION, classes, (positive or classes[1]) if columns == 1 else None, edges)

    @property
    def score_columns(self) -> tuple[str, ...]:
        """The K classes whose probabilities are scores: the positive one of two, else every one."""
        return self.classes if self.positive is None else (self.positive,)

    @property
    def positive_code(self) -> int:
        """The code of the positive class; ValueError where there is none."""
        if self.positive is None:
            raise ValueError("only a model of two classes has a positive one")
        return self.classes.index(self.positive)

    @property
    def score_codes(self) -> tuple[int, ...]:
        """(K,) the codes of `score_columns`."""
        return tuple(self.classes.index(label) for label in self.score_columns)

    @cached_property
    def starts(self) -> Ints:
        """(K + 1,) where the cells of each score column start."""
        return np.cumsum([0, *(len(edges) + 1 for edges in self.edges)], dtype=np.int64)

    @cached_property
    def digest(self) -> str:
        """The same for two specifications exactly when their tallies add up."""
        return hashlib.sha256(json.dumps(self.to_json()).encode()).hexdigest()

    def require_same(self, other: OutcomeSpec) -> None:
        """Raise IncompatibleProfiles unless tallies of both specifications add up."""
        if self is not other and self.digest != other.digest:
            raise IncompatibleProfiles("the tallies have different classes or bins", mend="make the baseline anew")

    def to_json(self) -> dict[str, Any]:
        """A JSON-serialisable description; floats survive it exactly."""
        edges = [column.tolist() for column in self.edges]
        return {"task": self.task, "classes": list(self.classes), "positive": self.positive, "edges": edges}

    @classmethod
    def from_json(cls, described: Mapping[str, Any]) -> OutcomeSpec:
        """The specification that `to_json` described."""
        edges = tuple(np.asarray(column, dtype=np.float64) for column in described["edges"])
        return cls(Task(described["task"]), tuple(described["classes"]), described["positive"], edges)


class Tally(Protocol):
    """A mergeable summary of outcomes; `merge` of two is the tally of the rows of both, the empty one included.

    `merge` is associative and commutative, exactly for counts and to rounding for sums, and raises
    IncompatibleProfiles for a tally of another specification.
    """

    @property
    def spec(self) -> OutcomeSpec: ...

    @classmethod
    def empty(cls, spec: OutcomeSpec) -> Self:
        """The tally of no rows."""
        ...

    def merge(self, other: Self) -> Self:
        """The tally of the rows of both."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that the tally holds, by name."""
        ...

    @classmethod
    def from_arrays(cls, spec: OutcomeSpec, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The tally whose `arrays` these are."""
        ...


def _check_classes(classes: tuple[str, ...], positive: str | None) -> None:
    if len(classes) < 2:
        raise ConfigurationError(
            f"a classifier needs two classes or more, and the baseline has {list(classes)}",
            mend="give a baseline with every class, or set task: regression",
        )
    if positive is not None and (len(classes) != 2 or positive not in classes):
        raise ConfigurationError(
            f"{positive!r} is not one of two classes; the classes are {list(classes)}",
            where="performance.positive",
            mend="name one of them" if len(classes) == 2 else "leave it out",
        )
