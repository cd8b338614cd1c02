from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlflow_exporter.evaluation.quality import LEVELS, column_quality
from mlflow_exporter.profiles.profile import Profile

NOW = 1_700_000_123.0


def _quality(lab: Any, rows: pd.DataFrame) -> dict[str, Any]:
    rows.drop(columns="churned").to_parquet(lab.folder / "log.parquet", index=False)
    watched = lab.watched()
    summary = watched.windows(watched.poll(NOW), NOW)[-1].summary
    return {each.column: each for each in column_quality(summary.profile)}


def test_missing_and_invalid_values_are_told_apart(lab: Any, make_rows: Any) -> None:
    """Nulls are missing; NaN, infinities and values of another type are invalid; ratios are of all rows."""
    rows = make_rows(200, seed=2).astype({"age": object})
    rows.loc[:9, "age"] = None
    income = rows["income"].to_numpy(copy=True)
    income[:30] = np.inf
    rows["income"] = income
    rows["kids"] = [*["many"] * 50, *rows["kids"].astype(str)[50:]]
    found = _quality(lab, rows)
    assert (found["age"].missing_ratio, found["age"].invalid_ratio) == (0.05, 0)
    assert (found["income"].missing_ratio, found["income"].invalid_ratio) == (0, 0.15)
    assert (found["kids"].missing_ratio, found["kids"].invalid_ratio) == (0, 0.25)
    assert found["income"].mean == pytest.approx(income[30:].mean())


def test_out_of_range_and_unseen_are_what_the_baseline_has_not(lab: Any, make_rows: Any, reference: Any) -> None:
    """Values outside the baseline's extremes, and categories that it has not."""
    rows = make_rows(200, seed=2)
    rows.loc[:19, "age"] = 500.0
    rows.loc[:49, "region"] = "mars"
    found = _quality(lab, rows)
    outside = (rows["age"] < reference["age"].min()) | (rows["age"] > reference["age"].max())
    assert found["age"].out_of_range_ratio == pytest.approx(outside.mean())
    assert found["region"].unseen_ratio == 0.25
    assert (found["region"].mean, found["region"].quantiles) == (None, {})
    assert list(found["age"].quantiles) == list(LEVELS)


def test_what_is_not_there_has_no_number(lab: Any, make_rows: Any, baseline: Any) -> None:
    """A column without a value has its ratios and no more; without rows there is nothing."""
    found = _quality(lab, make_rows(50, seed=2).assign(age=pd.array([None] * 50, "Float64")))
    age = found["age"]
    assert (age.missing_ratio, age.mean, age.stddev, age.out_of_range_ratio, age.quantiles) == (1, None, None, None, {})
    assert column_quality(Profile.empty(baseline.layout)) == ()
