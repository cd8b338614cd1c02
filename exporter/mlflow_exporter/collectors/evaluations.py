"""How the exporter's own work on each model goes."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow_exporter.collectors.family import Collector, Family, Importance, Sample
from mlflow_exporter.collectors.labels import MODEL
from mlflow_exporter.results import Evaluation

SUCCESS = Family(
    "ml_exporter_evaluation_success",
    "1 where the model's last evaluation succeeded, else 0.",
    MODEL,
    importance=Importance.VERDICT,
)
DURATION = Family(
    "ml_exporter_evaluation_duration_seconds",
    "How long the model's last evaluation took, by phase.",
    (*MODEL, "phase"),
)
LAST_SUCCESS = Family(
    "ml_exporter_last_success_timestamp_seconds",
    "Unix time of the model's last successful evaluation.",
    MODEL,
    importance=Importance.VERDICT,
)
ROWS_READ = Family(
    "ml_exporter_rows_read_total",
    "Rows read by source (predictions, labels) since the state was created.",
    (*MODEL, "source"),
    "counter",
)


def collect(evaluation: Evaluation) -> Iterator[Sample]:
    """Samples of one model's evaluation."""
    yield SUCCESS.sample((evaluation.name,), evaluation.success)
    yield LAST_SUCCESS.sample((evaluation.name,), evaluation.last_success_at)
    for phase, seconds in evaluation.durations.items():
        yield DURATION.sample((evaluation.name, phase), seconds)
    for source, rows in evaluation.rows_read.items():
        yield ROWS_READ.sample((evaluation.name, source), rows)


COLLECTOR = Collector("evaluations", Evaluation, (SUCCESS, DURATION, LAST_SUCCESS, ROWS_READ), collect)
