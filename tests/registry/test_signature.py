from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from mlflow.types.schema import Array
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mlflow_exporter.domain import Kind, Task
from mlflow_exporter.registry.signature import Signature, SignatureColumn


@pytest.fixture
def logged(workshop: Any, tmp_path: Path) -> Any:
    """Call it with a signature for a version whose run has an MLmodel file with that, and no model."""

    def log(signature: ModelSignature | None) -> Any:
        run_id = workshop.run()
        path = tmp_path / "MLmodel"
        Model(artifact_path="model", run_id=run_id, signature=signature).save(path)
        workshop.client.log_artifact(run_id, str(path), "model")
        return workshop.version(workshop.model("Größe"), run_id)

    return log


def test_columns_have_names_types_and_kinds(workshop: Any, logged: Any) -> None:
    """Each input column in order, with MLflow's type and the kind that profiles know it by."""
    types = ("double", "float", "long", "integer", "boolean", "string", "datetime", "binary")
    inputs = Schema([*(ColSpec(of, f"{of} ü") for of in types), ColSpec(Array(DataType.long), "list", required=False)])
    signature = workshop.registry.signature(logged(ModelSignature(inputs)))
    kinds = (Kind.FLOAT, Kind.FLOAT, Kind.INTEGER, Kind.INTEGER, Kind.BOOLEAN, Kind.CATEGORICAL, Kind.TIMESTAMP, None)
    columns = [SignatureColumn(f"{of} ü", of, kind) for of, kind in zip(types, kinds, strict=True)]

    assert signature == Signature((*columns, SignatureColumn("list", "array", None, required=False)))


@pytest.mark.parametrize(
    ("output", "task"),
    (
        (ColSpec(DataType.long), Task.CLASSIFICATION),
        (ColSpec(DataType.string, "prediction"), Task.CLASSIFICATION),
        (ColSpec(DataType.boolean), Task.CLASSIFICATION),
        (ColSpec(DataType.double), Task.REGRESSION),
        (ColSpec(DataType.binary), None),
    ),
)
def test_the_output_tells_the_task(workshop: Any, logged: Any, output: ColSpec, task: Task | None) -> None:
    """Whole numbers, text and booleans are classes, floating-point numbers a regression, anything else unknown."""
    signature = ModelSignature(Schema([ColSpec(DataType.double, "x")]), Schema([output]))

    assert workshop.registry.signature(logged(signature)).task is task


@pytest.mark.parametrize(
    ("dtype", "shape", "kind"),
    (
        ("int64", (-1,), Kind.INTEGER),
        ("uint8", (-1,), Kind.INTEGER),
        ("float32", (-1,), Kind.FLOAT),
        ("bool", (-1,), Kind.BOOLEAN),
        ("datetime64[ns]", (-1,), Kind.TIMESTAMP),
        ("str", (-1,), Kind.CATEGORICAL),
        ("float64", (-1, 28, 28), None),
    ),
)
def test_tensors_of_one_axis_are_columns(
    workshop: Any, logged: Any, dtype: str, shape: tuple[int, ...], kind: Kind | None
) -> None:
    """A tensor over the rows is a column of its dtype, an image is not."""
    schema = Schema([TensorSpec(np.dtype(dtype), shape, "x")])
    (column,) = workshop.registry.signature(logged(ModelSignature(schema))).inputs

    assert (column.name, column.kind) == ("x", kind)


def test_several_outputs_tell_no_task() -> None:
    """A model that gives a class and its probabilities says nothing by its signature."""
    outputs = (SignatureColumn("class", "long", Kind.INTEGER), SignatureColumn("p", "double", Kind.FLOAT))

    assert Signature((), outputs).task is None


def test_a_model_without_signature_has_none(workshop: Any, logged: Any) -> None:
    """A model that was logged without a signature is no error."""
    assert workshop.registry.signature(logged(None)) is None


def test_a_version_without_model_file_has_none(workshop: Any) -> None:
    """A version whose source holds no MLmodel file is no error."""
    assert workshop.registry.signature(workshop.version(workshop.model(), workshop.run())) is None


@pytest.mark.filterwarnings("ignore")  # what MLflow and scikit-learn say while they log is not the subject
def test_a_model_that_was_really_logged(workshop: Any, mlflow_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scikit-learn pipeline that MLflow logged and registered itself has its columns, run and task."""
    rows = pd.DataFrame({"age": [30.5, 41.0], "visits": [1, 2], "Größe": ["S", "XL"]})
    model = make_pipeline(OneHotEncoder(), DummyClassifier()).fit(rows, [0, 1])
    name = workshop.model()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    with mlflow.start_run() as run:
        signature = mlflow.models.infer_signature(rows, model.predict(rows))
        mlflow.sklearn.log_model(
            model, name="model", signature=signature, registered_model_name=name, pip_requirements=[]
        )
    version = workshop.now(name, "1")
    signature = workshop.registry.signature(version)

    assert version.run_id == run.info.run_id
    assert [(c.name, c.kind) for c in signature.inputs] == [
        ("age", Kind.FLOAT),
        ("visits", Kind.INTEGER),
        ("Größe", Kind.CATEGORICAL),
    ]
    assert signature.task is Task.CLASSIFICATION
