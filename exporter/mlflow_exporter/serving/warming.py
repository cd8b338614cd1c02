"""Rows to try a model with before it gets requests: its input example, else one made up from a signature."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import Model
from mlflow.types import DataType, Schema

from mlflow_exporter.serving.copies import Copy

_VALUES: dict[Any, Any] = {
    DataType.boolean: False,
    DataType.integer: np.int32(0),
    DataType.long: np.int64(0),
    DataType.float: np.float32(0),
    DataType.double: np.float64(0),
    DataType.string: "",
    DataType.binary: b"",
    DataType.datetime: dt.datetime(2000, 1, 1),  # noqa: DTZ001 -- MLflow's datetimes have no time zone
}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Rows to predict; a model may rightly refuse those that were made up, never its own example."""

    rows: Any
    is_made_up: bool


def rehearsal(metadata: Model, copy: Copy, schema: Schema | None) -> Rehearsal | None:
    """What to try a model with: its example, else a row of `schema`; None where that is too free to make one up."""
    example = metadata.load_input_example(str(copy.folder))
    if example is not None:
        return Rehearsal(example, is_made_up=False)
    row = None if schema is None else made_up(schema)
    return None if row is None else Rehearsal(row, is_made_up=True)


def made_up(schema: Schema) -> Any:
    """One row that fits a signature, None where it has arrays, objects or maps."""
    if schema.is_tensor_spec():
        specs: list[Any] = list(schema.inputs)
        tensors = [np.zeros([max(1, size) for size in spec.shape], spec.type) for spec in specs]
        return dict(zip(schema.input_names(), tensors, strict=True)) if schema.has_input_names() else tensors[0]
    types = schema.input_types()
    if not all(isinstance(kind, DataType) for kind in types):
        return None
    names = schema.input_names() if schema.has_input_names() else range(len(types))
    return pd.DataFrame({name: [_VALUES[kind]] for name, kind in zip(names, types, strict=True)})
