"""Evidently's drift preset with its default methods."""

from __future__ import annotations

import sys

import pandas as pd
from evidently import Dataset, Report
from evidently.presets import DataDriftPreset
from measured import report


def compare() -> None:
    """One report of the window against the baseline."""
    baseline, window = (Dataset.from_pandas(pd.read_parquet(path)) for path in sys.argv[1:3])
    Report([DataDriftPreset()]).run(window, baseline)


if __name__ == "__main__":
    report(compare)
