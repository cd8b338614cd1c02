"""What the exporter is told of the demo's models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlflow_exporter.demo.logs import ID, TIMESTAMP
from mlflow_exporter.demo.models import ALIAS
from mlflow_exporter.demo.subjects import FLIGHT_DELAY, FLIGHT_DURATION, Subject
from mlflow_exporter.demo.traffic import BATCHES, LABELLED_AT, LABELS, LATENCY, SERVED
from mlflow_exporter.demo.training import LABEL, PREDICTION
from mlflow_exporter.domain import Task


def models(folder: Path) -> list[dict[str, Any]]:
    """Both models, in windows so short that a newcomer need not wait; their logs and labels are in the folder."""
    columns = {"id": ID, "timestamp": TIMESTAMP, "prediction": PREDICTION, "latency": LATENCY}
    served = {"source": "log", "path": str(folder / SERVED)}
    batches = {"source": "files", "path": str(folder / BATCHES / "*.parquet"), "columns": columns}
    return [_model(FLIGHT_DELAY, served, folder, "*.jsonl"), _model(FLIGHT_DURATION, batches, folder, "*.parquet")]


def _model(subject: Subject, predictions: dict[str, Any], folder: Path, labels: str) -> dict[str, Any]:
    metric = "accuracy" if subject.task is Task.CLASSIFICATION else "r2"
    return {
        "name": subject.name,
        "version": f"@{ALIAS}",
        "task": subject.task.value,
        "predictions": predictions,
        "labels": {
            "source": "files",
            "path": str(folder / LABELS / subject.name / labels),
            "columns": {"id": ID, "label": LABEL, "timestamp": LABELLED_AT},
            "max_delay": "1d",
        },
        "windows": ["5m", "1h", "24h"],
        "segments": list(subject.categorical[:1]),
        "performance": {"thresholds": {metric: {"max_drop": 0.05}}},
        "distributions": True,
    }
