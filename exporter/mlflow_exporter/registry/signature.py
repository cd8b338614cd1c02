"""What a model takes and gives, as its MLmodel file says; the model itself is never loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from mlflow_exporter.domain import Kind, Task
from mlflow_exporter.registry.artifacts import read_artifact

if TYPE_CHECKING:
    from mlflow import MlflowClient

_FILE = "MLmodel"
_KINDS = {
    "boolean": Kind.BOOLEAN,
    "integer": Kind.INTEGER,
    "long": Kind.INTEGER,
    "float": Kind.FLOAT,
    "double": Kind.FLOAT,
    "string": Kind.CATEGORICAL,
    "datetime": Kind.TIMESTAMP,
}
_TENSOR_KINDS = {"b": Kind.BOOLEAN, "i": Kind.INTEGER, "u": Kind.INTEGER, "f": Kind.FLOAT, "M": Kind.TIMESTAMP}


@dataclass(frozen=True, slots=True)
class SignatureColumn:
    """A column of a model's input or output.

    `name` is empty where the signature names none; `type` is as MLflow writes it (`double`, `array`, for a tensor its
    NumPy dtype); `kind` is None where the type is none that profiles know (an array, an image, free objects).
    """

    name: str
    type: str
    kind: Kind | None
    required: bool = True


@dataclass(frozen=True, slots=True)
class Signature:
    """A model's inputs and outputs, in the order of its signature (mlflow.org/docs/latest/ml/model/signatures)."""

    inputs: tuple[SignatureColumn, ...]
    outputs: tuple[SignatureColumn, ...] = ()

    @property
    def task(self) -> Task | None:
        """What the model predicts, by the type of its only output; None where that does not tell.

        A floating-point output is a regression, a whole number, text or boolean a class. A model may give counts as
        whole numbers or probabilities as floats, so that this is a default and no more.
        """
        if len(self.outputs) != 1 or self.outputs[0].kind is None:
            return None
        return Task.REGRESSION if self.outputs[0].kind is Kind.FLOAT else Task.CLASSIFICATION


def read_signature(client: MlflowClient, name: str, version: str) -> Signature | None:
    """The signature of a model version, None where it was logged without one or is no MLflow model."""
    from mlflow.models import Model  # noqa: PLC0415 - loads when first used

    file = read_artifact(client, client.get_model_version_download_uri(name, version), _FILE)
    logged = None if file is None else Model.from_dict(yaml.safe_load(file)).signature
    return None if logged is None else Signature(_columns(logged.inputs), _columns(logged.outputs))


def _columns(schema: Iterable[Any] | None) -> tuple[SignatureColumn, ...]:
    return tuple(_column(spec) for spec in schema or ())


def _column(spec: Any) -> SignatureColumn:
    described = spec.to_dict()
    name, required = spec.name or "", bool(spec.required)
    if "tensor-spec" in described:
        dtype = described["tensor-spec"]["dtype"]
        return SignatureColumn(name, dtype, _tensor_kind(spec), required)
    return SignatureColumn(name, described["type"], _KINDS.get(described["type"]), required)


def _tensor_kind(spec: Any) -> Kind | None:
    # Only a tensor of one axis, the rows, is a column of single values.
    return _TENSOR_KINDS.get(spec.type.kind, Kind.CATEGORICAL) if len(spec.shape) == 1 else None
