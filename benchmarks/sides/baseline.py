"""Profile the baseline's file, once, into a file beside it."""

from __future__ import annotations

import sys
from pathlib import Path

from measured import report

from mlflow_exporter.domain import Task
from mlflow_exporter.engines.inference import Request
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import Parts
from mlflow_exporter.engines.reference import make_baseline
from mlflow_exporter.sources.files import Files


def make() -> None:
    """Make it and write it."""
    request = Request(Parts("prediction"), Task.REGRESSION)
    made = make_baseline(Files(sys.argv[1], mode="snapshot"), request, LocalEngine(), 0.0)
    Path(sys.argv[1]).with_suffix(".profile").write_bytes(made.baseline.packed)


if __name__ == "__main__":
    report(make)
