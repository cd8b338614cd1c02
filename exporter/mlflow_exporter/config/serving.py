"""The scoring server of `mlflow-exporter serve`; every key is an option of the command, too."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mlflow_exporter.config.section import Section, default
from mlflow_exporter.config.values import Duration, Names, Ratio, Text, resolve

Count = Annotated[int, Field(gt=0)]
FilePath = Annotated[Text, AfterValidator(resolve)]


class PredictionLogSettings(Section):
    """The log of predictions that the exporter reads."""

    path: FilePath = Field(description="Its folder; the exporter reads it as `source: log`.")
    format: Literal["jsonl", "parquet"] = default("jsonl", "JSON lines or Parquet.")
    leave_out: Names = default((), "Columns that are not written: personal data.")
    hashed: Names = default((), "Columns of which only a keyed hash is written.")
    key_file: FilePath | None = default(None, "File with the secret key of the hashes.")
    sample: Ratio = default(1.0, "Share of the rows that are written, by a hash of their identifiers.")
    max_age: Duration = default("10s", "How long rows wait in a hidden file before the exporter sees them.")
    keep: Duration | None = default(None, "How long files are kept once they are finished. Default: for ever.")


class ServingSettings(Section):
    """The scoring server."""

    model_uri: Text | None = default(None, "The model, such as `models:/churn@champion`; an alias is followed.")
    listen: Text = default(":5001", "Where to listen.")
    workers: Count = default(1, "Processes.")
    threads: Count = default(4, "Threads of each process.")
    preload: bool = default(False, "Load the model once, before the processes fork, so that they share its memory.")
    refresh: Duration = default("10s", "How often each process looks whether the alias has moved.")
    fallback: FilePath | None = default(None, "Folder with a copy of the model, for a start while MLflow is away.")
    shadow: Text | None = default(None, "A model that scores a copy of the traffic, off the requests' path.")
    split: Text | None = default(None, "A model that answers a percentage: `models:/churn@challenger=10`.")
    split_key: Text | None = default(None, "The column whose hash decides. Default: header X-Split-Key.")
    log: PredictionLogSettings | None = default(None, "The log of predictions. Default: none.")
    bins: FilePath | None = default(
        None, "File of a baseline's bins (`mlflow-exporter baseline --bins`): counts inputs."
    )
    probabilities: bool = default(True, "Log the class probabilities of scikit-learn classifiers, too.")
    max_bytes: Count = default(10_000_000, "Size of a request's body at most.")
    max_rows: Count = default(10_000, "Rows of a request at most.")
    graceful_timeout: Duration = default("30s", "How long requests in flight have after SIGTERM.")
