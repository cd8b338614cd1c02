"""Where a model's rows are: reference data, predictions, labels."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from mlflow_exporter.config.section import Section, default
from mlflow_exporter.config.values import Duration, Paths, Text
from mlflow_exporter.domain import LogColumn

LOG_COLUMNS: Mapping[str, str] = {
    "id": LogColumn.ID.value,
    "timestamp": LogColumn.TIMESTAMP.value,
    "prediction": LogColumn.PREDICTION.value,
    "latency": LogColumn.LATENCY.value,
}


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

    id: Text | None = default(
        None,
        "Identifier of a row, which labels are joined by. Of rows with one id and a time in the same five minutes (of "
        "the clock: 12:00 to 12:05) the first counts; further apart they are different rows.",
    )
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


def _without_columns(schema: dict[str, Any]) -> None:
    """A log has columns of its own, which the schema cannot tell from a file's."""
    schema["required"].remove("columns")


class PredictionSettings(Section):
    """The log of a model's predictions.

    A `log` has its columns by itself, class probabilities included; `columns` may add a `label`.
    """

    model_config = ConfigDict(json_schema_extra=_without_columns)

    source: Literal["files", "log"] = Field(
        description="`files` of CSV, JSON lines or Parquet, or the `log` that the instruments of a model server write."
    )
    path: Paths = Field(
        description="A path or glob of files, or the folder of a log; or a list of them. Relative to the "
        "configuration's folder."
    )
    mode: Mode = default(
        Mode.APPEND,
        "`append`: each row is read once. `snapshot`: the files are the window, read anew on a change.",
    )
    columns: PredictionColumns = Field(
        description="What the columns are; required for `files`. Those not named are features."
    )

    @model_validator(mode="before")
    @classmethod
    def _name_columns_of_log(cls, given: Any) -> Any:
        """A log's own columns need not be named."""
        columns = given.get("columns", {}) if isinstance(given, Mapping) else None
        if isinstance(columns, Mapping) and given.get("source") == "log":
            return {**given, "columns": {**columns, **LOG_COLUMNS}}
        return given


class LabelSettings(Files):
    """The log of what turned out to be true, where it comes later than the predictions."""

    mode: Mode = default(
        Mode.APPEND,
        "`append`: each label is read once. `snapshot`: the files are read anew on a change, which needs "
        "`predictions.mode: snapshot`, too.",
    )
    columns: LabelColumns = Field(description="What the columns are.")
    max_delay: Duration = default("30d", "How long a prediction waits for its label.")
