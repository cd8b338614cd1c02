from __future__ import annotations

import pytest
from mlflow.types import ColSpec, DataType, Schema

from mlflow_exporter.serving.compatibility import incompatibilities


def schema(*columns: tuple[str, DataType, bool]) -> Schema:
    """A schema of columns: name, type, whether it is required."""
    return Schema([ColSpec(kind, name, required=required) for name, kind, required in columns])


AGE = ("age", DataType.double, True)
OLD = schema(AGE)


@pytest.mark.parametrize(
    "new",
    (
        OLD,
        None,
        schema(AGE, ("income", DataType.double, False)),
        schema(("age", DataType.double, False)),
    ),
)
def test_what_understands_every_old_request_is_compatible(new: Schema | None) -> None:
    """A column that is optional now, an optional one more, or no signature at all breaks no client."""
    assert incompatibilities(OLD, new) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    (
        (OLD, schema(AGE, ("income", DataType.double, True)), "it requires column 'income', which the version before"),
        (OLD, schema(("age", DataType.string, True)), "its column 'age' is DataType.string, and was DataType.double"),
        (schema(("age", DataType.double, False)), OLD, "it requires column 'age', which was optional"),
        (None, OLD, "it has a signature, and the version before has none"),
        (OLD, Schema([ColSpec(DataType.double)]), "its inputs have no names"),
    ),
)
def test_what_refuses_old_requests_is_not(old: Schema | None, new: Schema, said: str) -> None:
    """A column that became required or another type would turn clients' requests into errors."""
    assert said in "; ".join(incompatibilities(old, new))
