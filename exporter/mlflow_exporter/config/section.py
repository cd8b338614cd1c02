"""What every section of the configuration has in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A mapping of the file: no other key than the fields, no value of another type, never changed once read."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        validate_default=True,
        hide_input_in_errors=True,
    )


def default(value: Any, description: str) -> Any:
    """A field with a default as the file would say it, validated as if the file did."""
    return Field(value, description=description)
