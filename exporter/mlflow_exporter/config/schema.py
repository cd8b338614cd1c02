"""The JSON schema of a configuration file: what editors complete and check with, and what suggestions come from.

There are two kinds of file, each with a section as its root: Settings, and WebSettings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from pydantic.json_schema import GenerateJsonSchema

from mlflow_exporter.config.mistakes import ITEM, Place
from mlflow_exporter.config.section import Section
from mlflow_exporter.config.settings import Settings
from mlflow_exporter.config.web import WebSettings

Schema: TypeAlias = Mapping[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ENTRY = "<name>"


class _Untitled(GenerateJsonSchema):
    """Titles that pydantic makes of the keys say nothing new."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


@cache
def json_schema(root: type[Section] = Settings) -> Schema:
    """The schema of a whole file (JSON Schema 2020-12)."""
    schema = root.model_json_schema(schema_generator=_Untitled)
    return {"$schema": _DIALECT, **schema, "title": "Configuration of mlflow-exporter"}


def sections(root: type[Section] = Settings) -> Iterator[tuple[Place, Schema]]:
    """Every section of the file with its schema, outer ones first.

    An item's place is `[]`, an entry's `<name>`, and that of one kind of several `<kind>`.
    """
    return _sections(json_schema(root), ())


def _sections(schema: Schema, place: Place) -> Iterator[tuple[Place, Schema]]:
    section = plain(schema)
    if "properties" in section:
        yield place, section
    for name, value in section.get("properties", {}).items():
        yield from _sections(value, (*place, name))
    if "items" in section:
        yield from _sections(section["items"], (*place, ITEM))
    if isinstance(section.get("additionalProperties"), Mapping):
        yield from _sections(section["additionalProperties"], (*place, _ENTRY))
    for tag, reference in _variants(section).items():
        yield from _sections({"$ref": reference}, (*place, f"<{tag}>"))


def plain(schema: Schema) -> Schema:
    """A schema without reference and without `null`."""
    own = {keyword: value for keyword, value in schema.items() if keyword not in ("$ref", "anyOf")}
    if "$ref" in schema:
        return {**_definitions()[schema["$ref"].rsplit("/", 1)[-1]], **own}
    present = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    return {**plain(present[0]), **own} if len(present) == 1 else schema


def keys_at(place: Place, root: type[Section] = Settings) -> list[str]:
    """The keys of the section at a place of a file, in which a kind of section follows the place of its section."""
    found: Schema = json_schema(root)
    for part in place:
        found = _inside(plain(found), part)
    return list(plain(found).get("properties", {}))


@cache
def _definitions() -> Schema:
    """What references of either file refer to; no two sections have the same name."""
    return {**json_schema(Settings)["$defs"], **json_schema(WebSettings)["$defs"]}


def without_kinds(place: Place, root: type[Section] = Settings) -> Place:
    """The place as it is in the file, where pydantic's has the kind of a section after that section's place."""
    found: Schema = json_schema(root)
    kept = []
    for part in place:
        found = plain(found)
        if part not in _variants(found):
            kept.append(part)
        found = _inside(found, part)
    return tuple(kept)


def _inside(section: Schema, part: str | int) -> Schema:
    if part in _variants(section):
        return {"$ref": _variants(section)[str(part)]}
    inner = section.get("items") if isinstance(part, int) else section.get("properties", {}).get(part)
    others = section.get("additionalProperties")
    return inner or (others if isinstance(others, Mapping) else {})


def _variants(section: Schema) -> Mapping[str, str]:
    """Kind to the reference of its schema, where a section is one of several kinds."""
    mapping: Mapping[str, str] = section.get("discriminator", {}).get("mapping", {})
    return mapping
