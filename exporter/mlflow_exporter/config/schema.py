"""The JSON schema of the configuration file: what editors complete and check with, and what suggestions come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from pydantic.json_schema import GenerateJsonSchema

from mlflow_exporter.config.mistakes import ITEM, Place
from mlflow_exporter.config.settings import Settings

Schema: TypeAlias = Mapping[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ENTRY = "<name>"


class _Untitled(GenerateJsonSchema):
    """Titles that pydantic makes of the keys say nothing new."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


@cache
def json_schema() -> Schema:
    """The schema of a whole file (JSON Schema 2020-12)."""
    schema = Settings.model_json_schema(schema_generator=_Untitled)
    return {"$schema": _DIALECT, **schema, "title": "Configuration of mlflow-exporter"}


def sections(schema: Schema | None = None, place: Place = ()) -> Iterator[tuple[Place, Schema]]:
    """Every section of the file with its schema, outer ones first; an item's place is `[]`, an entry's `<name>`."""
    section = plain(json_schema() if schema is None else schema)
    if "properties" in section:
        yield place, section
    for name, value in section.get("properties", {}).items():
        yield from sections(value, (*place, name))
    if "items" in section:
        yield from sections(section["items"], (*place, ITEM))
    if isinstance(section.get("additionalProperties"), Mapping):
        yield from sections(section["additionalProperties"], (*place, _ENTRY))


def plain(schema: Schema) -> Schema:
    """A schema without reference and without `null`."""
    own = {keyword: value for keyword, value in schema.items() if keyword not in ("$ref", "anyOf")}
    if "$ref" in schema:
        return {**json_schema()["$defs"][schema["$ref"].rsplit("/", 1)[-1]], **own}
    present = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    return {**plain(present[0]), **own} if len(present) == 1 else schema


def keys_at(place: Place) -> list[str]:
    """The keys of the section at a place of a file."""
    found: Schema = json_schema()
    for part in place:
        found = plain(found)
        inner = found.get("items") if isinstance(part, int) else found.get("properties", {}).get(part)
        found = inner or found.get("additionalProperties") or {}
    return list(plain(found).get("properties", {}))
