"""NannyML's univariate drift calculator with its default methods, over the window as one chunk."""

from __future__ import annotations

import sys

import nannyml
import pandas as pd
from measured import report


def compare() -> None:
    """Fit on the baseline, calculate on the window."""
    baseline, window = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
    calculator = nannyml.UnivariateDriftCalculator(column_names=list(baseline.columns), chunk_number=1)
    calculator.fit(baseline)
    calculator.calculate(window)


if __name__ == "__main__":
    report(compare)
