"""What the rows of a window show to be wrong with the data itself: columns that are gone or changed their type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mlflow_exporter.domain import Problem, Role
from mlflow_exporter.evaluation.windows import WindowSum
from mlflow_exporter.profiles.profile import Fault

MOSTLY = 0.5


def findings(totals: Sequence[WindowSum]) -> Iterator[Problem]:
    """What is wrong with the rows of the first window that has any; without any nothing is known."""
    for total in totals:
        if total.summary.rows:
            return _of_columns(total)
    return iter(())


def nothing_counted(paths: Sequence[str]) -> Problem:
    """What to say of predictions of which no row was ever counted."""
    mend = "check that predictions are logged there, and whether rows were rejected"
    return Problem(", ".join(paths), "no row of it has been counted yet", mend)


def _of_columns(total: WindowSum) -> Iterator[Problem]:
    """The features that rows of a window lack, and those whose values are mostly of another type."""
    profile, name = total.summary.profile, total.window.name
    present = np.concatenate([profile.numeric_counts(), profile.categorical_counts()])
    for i, column in enumerate(profile.layout.columns):
        had = int(present[i] + profile.faults[:, i].sum())
        if column.role is not Role.FEATURE:
            continue
        where = f"column {column.name!r}"
        if had < profile.rows:
            what = f"{profile.rows - had:,} of {profile.rows:,} rows in {name} come from files without it"
            yield Problem(where, what, "log it under the baseline's name, or make a baseline without it")
        wrong = int(profile.faults[Fault.WRONG_TYPE, i])
        if wrong > MOSTLY * had:
            what = f"{wrong:,} of {had:,} values in {name} are not of the baseline's type, {column.kind}"
            yield Problem(where, what, "log it with that type, or make a new baseline")
