from __future__ import annotations

from typing import Any

import pandas as pd

from mlflow_exporter.evaluation.findings import findings, nothing_counted

NOW = 1_700_000_123.0


def _found(lab: Any, *frames: pd.DataFrame) -> list[str]:
    for i, frame in enumerate(frames):
        frame.drop(columns="churned").to_parquet(lab.folder / f"log-{i}.parquet", index=False)
    watched = lab.watched(lab.settings(windows=["1h", "24h"]))
    return list(map(str, findings(watched.windows(watched.poll(NOW), NOW))))


def test_good_rows_have_nothing_wrong(lab: Any, make_rows: Any) -> None:
    """A few values of another type are invalid, but no finding."""
    rows = make_rows(100, seed=2)
    rows["age"] = ["?" if i < 40 else str(age) for i, age in enumerate(rows["age"])]
    assert _found(lab, rows) == []


def test_a_column_that_some_files_lack_is_told_with_their_rows(lab: Any, make_rows: Any) -> None:
    """Of the first window that has rows."""
    whole, part = (make_rows(rows, seed=rows, end=NOW - 7_200, span=3_600) for rows in (60, 40))
    (found,) = _found(lab, whole, part.drop(columns="age"))
    assert found == (
        "column 'age': 40 of 100 rows in 24h come from files without it; log it under the baseline's name, "
        "or make a baseline without it"
    )


def test_a_column_of_another_type_is_told(lab: Any, make_rows: Any) -> None:
    """When most of its values do not fit the baseline's type."""
    rows = make_rows(100, seed=2, span=600)
    rows["kids"] = ["some" if i < 60 else str(kids) for i, kids in enumerate(rows["kids"])]
    (found,) = _found(lab, rows)
    assert found == (
        "column 'kids': 60 of 100 values in 1h are not of the baseline's type, integer; log it with that type, "
        "or make a new baseline"
    )


def test_without_rows_the_paths_are_named(lab: Any) -> None:
    """No column is blamed for rows that are not there."""
    assert _found(lab) == []
    assert str(nothing_counted(["a.csv", "b.csv"])).startswith("a.csv, b.csv: no row of it has been counted yet")
