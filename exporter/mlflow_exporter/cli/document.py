"""Evaluations as JSON: the fields of `mlflow_exporter.results`, under their names."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from mlflow_exporter.results import DriftScore, Evaluation, WindowEvaluation

_PROPERTIES = {DriftScore: ("detected",), WindowEvaluation: ("drifted_columns_ratio",)}


def document(evaluations: Iterable[Evaluation]) -> str:
    """A JSON object with a list of `evaluations`; what is absent is null, a confusion matrix a list of its cells."""
    return json.dumps({"evaluations": [_plain(evaluation) for evaluation in evaluations]}, indent=2, allow_nan=False)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value)]
        return {name: _plain(getattr(value, name)) for name in (*names, *_PROPERTIES.get(type(value), ()))}
    if isinstance(value, Mapping):
        return _plain_mapping(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain_mapping(mapping: Mapping[Any, Any]) -> Any:
    """An object; where the keys are pairs of actual and predicted class, a list."""
    if any(isinstance(key, tuple) for key in mapping):
        return [{"actual": actual, "predicted": predicted, "rows": n} for (actual, predicted), n in mapping.items()]
    return {str(key): _plain(value) for key, value in mapping.items()}
