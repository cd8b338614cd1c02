"""Whether requests that fit one version's signature fit another's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlflow.types import Schema


def incompatibilities(old: Schema | None, new: Schema | None) -> list[str]:
    """Why input that fits `old` may not fit `new`, a sentence a column; empty where it does.

    A column more that is optional, or one less, breaks no request: MLflow ignores what a signature does not have.
    """
    if new is None:
        return []
    if old is None:
        return ["it has a signature, and the version before has none"]
    if not (old.has_input_names() and new.has_input_names()):
        return [] if old.to_dict() == new.to_dict() else ["its inputs have no names, and are not those of before"]
    return list(_differences(old.input_dict(), new.input_dict()))


def _differences(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for name, spec in new.items():
        if name not in old:
            if spec.required:
                yield f"it requires column {name!r}, which the version before has not"
        elif spec.type != old[name].type:
            yield f"its column {name!r} is {spec.type}, and was {old[name].type}"
        elif spec.required and not old[name].required:
            yield f"it requires column {name!r}, which was optional"
