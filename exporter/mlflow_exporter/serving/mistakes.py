"""Why input does not fit a signature: which column, what was expected and what came. Never a value.

MLflow's own messages show the rows they are about. These are worked out anew, only when a request has failed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import validate_schema
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from mlflow.utils.proto_json_utils import cast_df_types_according_to_schema

Columns: TypeAlias = list[tuple[Any, list[Any]]]
"""Names, which may come several times, and values."""

_LISTED = 10
_ANY = "column"
_LONGEST_NAME = 80
_NESTED = {"a list", "an object"}
_KINDS = {DataType.integer: "a whole number", DataType.long: "a whole number", DataType.binary: "text"}


def input_mistakes(rows: Any, schema: Schema, *, with_names: bool = True) -> list[str]:
    """What is wrong with rows that were read without their signature, a sentence each.

    `with_names` tells the columns that the model does not know: not where their names may be values.
    """
    if schema.is_tensor_spec():
        return [_tensors(rows, schema)]
    columns = _columns(rows)
    if columns is None:
        return [f"expected {_listed(schema)}"]
    if not schema.has_input_names():
        few = len(columns) < len(schema.inputs)
        said = f"expected {len(schema.inputs)} columns, got {len(columns)}"
        return [said] if few else _by_position(columns, schema)
    times = Counter(name for name, _ in columns)
    return [*_missing(times, schema, with_names), *_repeated(times, schema), *_unfit(columns, schema)]


def param_mistakes(params: Any, schema: ParamSchema | None) -> list[str]:
    """What is wrong with parameters, a sentence each."""
    if schema is None or params is None:
        return []
    if not isinstance(params, dict):
        return ["params: expected an object of names and values"]
    wrong: list[Any] = [
        spec for spec in schema.params if spec.name in params and not _is_param(params[spec.name], spec)
    ]
    return [f"parameter {spec.name!r}: expected {spec.dtype.name}, got {_kind(params[spec.name])}" for spec in wrong]


def _missing(times: Mapping[Any, int], schema: Schema, with_names: bool) -> Iterator[str]:
    known = set(schema.input_names())
    missing = [name for name in schema.required_input_names() if name not in times]
    unknown = [str(name)[:_LONGEST_NAME] for name in times if name not in known]
    for name in missing:
        yield f"column {name!r} is missing"
    if missing and unknown:
        counted = f"{len(unknown)} of the {len(times)} columns that the first row names"
        knows = f"; it knows {_shown(schema.input_names())}"
        yield f"the model does not know {_shown(unknown) if with_names else counted + knows}"


def _shown(names: list[Any]) -> str:
    return ", ".join(map(repr, names[:_LISTED])) + (", …" if len(names) > _LISTED else "")


def _repeated(times: Mapping[Any, int], schema: Schema) -> Iterator[str]:
    for name in schema.input_names():
        if times.get(name, 0) > 1:
            yield f"column {name!r} comes {times[name]} times"


def _unfit(columns: Columns, schema: Schema) -> Iterator[str]:
    came = dict(columns)
    for name, spec in schema.input_dict().items():
        if name in came and (why := _why_unfit(came[name], spec)):
            yield f"column {name!r}: {why}"


def _by_position(columns: Columns, schema: Schema) -> list[str]:
    pairs = zip(columns, schema.inputs, strict=False)
    reasons = [(position, _why_unfit(values, spec)) for position, ((_, values), spec) in enumerate(pairs)]
    return [f"column {position} (from 0): {why}" for position, why in reasons if why]


def _why_unfit(values: list[Any], spec: Any) -> str:
    if not values or _fits(values, spec):
        return ""
    # MLflow casts whole columns about as fast as single values, so the row is searched for by halves.
    row = bisect_left(range(1, len(values)), True, key=lambda count: not _fits(values[:count], spec))
    return f"expected {getattr(spec.type, 'name', spec.type)}, row {row} is {_unfitting(values[row], spec.type)}"


def _unfitting(value: Any, expected: Any) -> str:
    """What a value is that does not fit: one of the expected kind is too large, no base64, or has other parts."""
    kind = _kind(value)
    is_of_kind = kind == _KINDS.get(expected) if isinstance(expected, DataType) else kind in _NESTED
    return f"{kind} that does not fit" if is_of_kind else kind


def _fits(values: list[Any], spec: Any) -> bool:
    alone = Schema([ColSpec(spec.type, _ANY, spec.required)])
    try:
        frame = cast_df_types_according_to_schema(pd.DataFrame({_ANY: values}), alone)  # type: ignore[no-untyped-call]
        validate_schema(frame, alone)
    except (MlflowException, ValueError, TypeError, OverflowError):
        return False
    return True


def _kind(value: Any) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return "missing"
    if isinstance(value, bool | np.bool_):
        return "a boolean"
    if isinstance(value, int | np.integer) or (isinstance(value, float) and value.is_integer()):
        return "a whole number"
    kinds = {float: "a number", str: "text", list: "a list", dict: "an object", np.ndarray: "a list"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def _columns(rows: Any) -> Columns | None:
    """Columns of a table, a mapping, or rows of a matrix; None for anything else."""
    if isinstance(rows, Mapping):
        return [(name, _values(values)) for name, values in rows.items()]
    try:
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows)
    except (ValueError, TypeError):
        return None
    return [(name, values.tolist()) for name, values in frame.items()]


def _values(values: Any) -> list[Any]:
    listed = values.tolist() if isinstance(values, np.ndarray) else values
    return listed if isinstance(listed, list) else [listed]


def _tensors(rows: Any, schema: Schema) -> str:
    def shape(values: Any) -> str:
        try:
            return f"{np.asarray(values).dtype} of shape {np.shape(values)}"
        except ValueError:
            return "lists of different lengths"

    came = {str(name): shape(values) for name, values in rows.items()} if isinstance(rows, Mapping) else shape(rows)
    return f"expected {_listed(schema)}, got {came}"


def _listed(schema: Schema) -> str:
    return ", ".join(str(spec) for spec in schema.inputs)


def _is_param(value: Any, spec: ParamSpec) -> bool:
    try:
        ParamSpec.validate_param_spec(value, spec)
    except MlflowException:
        return False
    return True
