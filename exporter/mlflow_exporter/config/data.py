"""Where a model's rows are: reference data, predictions, labels."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from pydantic import Field

from mlflow_exporter.config.section import Section, default
from mlflow_exporter.config.values import Duration, Paths, Text


class Mode(StrEnum):
    """How data grows."""

    APPEND = "append"
    SNAPSHOT = "snapshot"


class ReferenceColumns(Section):
    """What the columns of reference data are."""

    id: Text | None = default(None, "Identifier of a row. No feature.")
    timestamp: Text | None = default(None, "When the row was. No feature.")
    prediction: Text | None = default(None, "The class predicted, or the number.")
    probabilities: Mapping[str, Text] = Field(
        default_factory=dict, description='Class to the column with its probability, as in `{"0": p0, "1": p1}`.'
    )
    label: Text | None = default(None, "What was true.")
    latency: Text | None = default(None, "How long the prediction took, in seconds. No feature.")


class PredictionColumns(ReferenceColumns):
    """What the columns of the predictions are; every other one is a feature."""

    id: Text | None = default(None, "Identifier of a row, which labels are joined by.")
    timestamp: Text | None = default(None, "When the prediction was made. Required in `append` mode.")
    prediction: Text = Field(description="The class predicted, or the number.")
    label: Text | None = default(None, "What was true, where it comes with the predictions.")
    latency: Text | None = default(None, "How long the prediction took, in seconds.")


class LabelColumns(Section):
    """What the columns of the labels are."""

    id: Text = Field(description="Identifier of the prediction that the label is for.")
    label: Text = Field(description="What was true.")
    timestamp: Text | None = default(None, "When the label became known. Default: when it was read.")


class Files(Section):
    """CSV, JSON lines or Parquet files, compressed or not."""

    source: Literal["files"] = Field(description="The kind of source.")
    path: Paths = Field(description="A path or glob, or a list of them, relative to the configuration's folder.")


class ReferenceSettings(Files):
    """The data that a model was trained or validated on."""

    columns: ReferenceColumns | None = default(
        None, "What the columns are. Default: as in `predictions.columns` and `labels.columns.label`."
    )


class BaselineSettings(Section):
    """What production is compared with."""

    data: ReferenceSettings = Field(description="Reference data to profile.")


class PredictionSettings(Files):
    """The log of a model's predictions."""

    mode: Mode = default(
        Mode.APPEND,
        "`append`: each row is read once. `snapshot`: the files are the window, read anew on a change.",
    )
    columns: PredictionColumns = Field(description="What the columns are. Those not named are features.")


class LabelSettings(Files):
    """The log of what turned out to be true, where it comes later than the predictions."""

    mode: Mode = default(Mode.APPEND, "As for predictions.")
    columns: LabelColumns = Field(description="What the columns are.")
    max_delay: Duration = default("30d", "How long a prediction waits for its label.")
