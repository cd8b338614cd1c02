"""pandas and SciPy, column by column: ks_2samp for numbers, chi2_contingency for categories, missing values."""

from __future__ import annotations

import sys

import pandas as pd
from measured import report
from scipy import stats


def compare() -> None:
    """Every column of the window with the baseline's."""
    baseline, window = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
    for name in window.columns:
        window[name].isna().mean()
        if pd.api.types.is_numeric_dtype(window[name]):
            stats.ks_2samp(baseline[name], window[name])
            window[name].describe()
        else:
            counts = pd.concat([baseline[name].value_counts(), window[name].value_counts()], axis=1).fillna(0)
            stats.chi2_contingency(counts.T)


if __name__ == "__main__":
    report(compare)
