from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.models import Model, validate_schema
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from mlflow.types.schema import Array

from mlflow_exporter.serving.copies import Copy
from mlflow_exporter.serving.warming import made_up, rehearsal

SCHEMA = Schema([ColSpec(DataType.double, "x")])


@given(st.lists(st.sampled_from(sorted(DataType, key=str)), min_size=1, max_size=8), st.booleans())
def test_a_made_up_row_fits_every_signature_of_columns(kinds: list[DataType], is_named: bool) -> None:
    """MLflow's own enforcement accepts it, whatever types the columns have."""
    schema = Schema([ColSpec(kind, f"c{i}" if is_named else None) for i, kind in enumerate(kinds)])
    row = made_up(schema)
    assert len(row) == 1
    validate_schema(row, schema)


@pytest.mark.parametrize(
    "schema",
    (
        Schema([TensorSpec(np.dtype("float32"), (-1, 4))]),
        Schema([TensorSpec(np.dtype("float32"), (-1, 4), "a"), TensorSpec(np.dtype("int64"), (-1, 2, 2), "b")]),
    ),
)
def test_a_made_up_tensor_fits_its_signature(schema: Schema) -> None:
    """One row of the shape and type that are asked for."""
    validate_schema(made_up(schema), schema)


def test_free_input_is_not_made_up() -> None:
    """What may be anything has no typical row."""
    assert made_up(Schema([ColSpec(Array(DataType.double), "embedding")])) is None


def test_a_model_is_tried_with_its_own_example(models: Any, churn: Copy) -> None:
    """Where a model was logged with an example, that is what it is tried with; else a row is made up of a signature."""
    example = np.array([[1.0], [2.0]])
    copy = models.doubler(input_example=example, signature=None)
    tried = rehearsal(Model.load(str(copy.folder)), copy, SCHEMA)
    assert tried is not None
    assert (np.asarray(tried.rows).tolist(), tried.is_made_up) == (example.tolist(), False)
    tried = rehearsal(Model.load(str(churn.folder)), churn, SCHEMA)
    assert tried is not None
    assert (list(tried.rows.columns), tried.is_made_up) == (["x"], True)
