"""The window's file to every drift and quality number, as the exporter computes them, against a packed baseline."""

from __future__ import annotations

import sys
from functools import reduce
from pathlib import Path

from measured import report

from mlflow_exporter.domain import Problem
from mlflow_exporter.engines.local import Groups, LocalEngine
from mlflow_exporter.engines.values import ARROW_TYPES
from mlflow_exporter.evaluation.drift import DriftEvaluator, DriftPolicy
from mlflow_exporter.evaluation.quality import column_quality
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.profile import Profile
from mlflow_exporter.sources.files import Files

POLICY = DriftPolicy(("ks", "psi", "wasserstein"), ("jensen_shannon", "psi"), false_alarm_rate=0.001)


def main() -> None:
    """Load the baseline, then measure the window."""
    packed = Path(sys.argv[1]).with_suffix(".profile")
    baseline = Baseline.unpack(packed.read_bytes(), str(packed))
    engine = LocalEngine()
    evaluator = DriftEvaluator(baseline, POLICY)
    columns = {(column.role, column.name): column.name for column in baseline.layout.columns}
    types = {column.name: ARROW_TYPES[column.kind] for column in baseline.layout.columns}

    def measure() -> None:
        window = Profile.empty(baseline.layout)
        for chunk in Files(sys.argv[2], mode="snapshot").poll({}, types):
            if isinstance(chunk, Problem):
                raise SystemExit(str(chunk))
            window = reduce(
                Profile.merge, engine.profile(chunk, baseline.layout, columns, Groups.whole(chunk.rows)), window
            )
        scores, quality = evaluator.scores(window), column_quality(window)
        assert len(scores) == 40 * 3 + 10 * 2, "not every column was tested"
        assert len(quality) == 50, "not every column was looked at"

    report(measure)


if __name__ == "__main__":
    main()
