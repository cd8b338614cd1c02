"""What pydantic found, in words for whoever wrote the file.

A value is shown as it is written there, before any `${VARIABLE}` was replaced, so that no secret is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pydantic_core import ErrorDetails

from mlflow_exporter.config.mistakes import Mistake, Place, spell
from mlflow_exporter.config.schema import keys_at, sections, without_kinds
from mlflow_exporter.config.secrets import mask
from mlflow_exporter.config.section import Section
from mlflow_exporter.config.settings import Settings
from mlflow_exporter.config.suggestions import did_you_mean, nearest
from mlflow_exporter.config.yaml_lines import Document

_WANTED = {
    "bool_type": "true or false",
    "dict_type": "keys with values",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "mapping_type": "keys with values",
    "model_type": "keys with values",
    "string_type": "text",
    "tuple_type": "a list",
    "greater_than": "a number greater than {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "less_than": "a number less than {lt:g}",
    "less_than_equal": "a number of at most {le:g}",
}
_EMPTY = {"string_too_short", "too_short"}
_MISSING = ("missing required key", "")
_SAID = dict.fromkeys(("missing", "union_tag_not_found"), _MISSING) | dict.fromkeys(
    _EMPTY, ("is empty", "fill it in, or remove the key")
)
_KIND = {"union_tag_invalid", "union_tag_not_found"}
_CHOICES = {"enum": "expected", "literal_error": "expected", "union_tag_invalid": "expected_tags"}
_KEY = "[key]"
_UNKNOWN_DEFAULT = "default_factory_not_called"  # it depends on a field that is wrong


def explain(errors: Iterable[ErrorDetails], document: Document, root: type[Section] = Settings) -> Iterator[Mistake]:
    """The mistakes that pydantic's errors are in a file of this root; one that only follows from another is none."""
    for error in errors:
        place = _place(error, document, root)
        is_emptied = error["type"] in _EMPTY and document.at(place)
        if error["type"] != _UNKNOWN_DEFAULT and not is_emptied:
            what, mend = _explanation(error, place, document.at(place), root)
            yield Mistake(place, mask(what), mask(mend))


def misspelt(errors: Iterable[ErrorDetails], root: type[Section] = Settings) -> set[Place]:
    """The keys that unknown ones are slips of; that they are missing follows."""
    unknown = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
    near = ((around, nearest(str(key), keys_at(tuple(around), root)) or "") for *around, key in unknown)
    return {(*without_kinds(tuple(around), root), meant) for around, meant in near}


def _place(error: ErrorDetails, document: Document, root: type[Section]) -> Place:
    place = without_kinds(tuple(part for part in error["loc"] if part != _KEY), root)
    if error["type"] in _KIND:
        return (*place, error["ctx"]["discriminator"].strip("'"))
    # What may be a list or its only item became a list, and the file has no such position.
    return place[:-1] if place and isinstance(place[-1], int) and place not in document.lines else place


def _explanation(error: ErrorDetails, place: Place, written: Any, root: type[Section]) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _SAID:
        return _SAID[kind]
    if kind == "extra_forbidden":
        return "unknown key", _known_keys(error["loc"], root)
    if kind in _CHOICES:
        choices = re.findall(r"'([^']*)'", context[_CHOICES[kind]])
        return _choice(place, written, choices, is_key=_KEY in error["loc"])
    if kind == "mistaken":
        return context["what"], context["mend"]
    wanted = context["what"] if kind == "expected" else _WANTED.get(kind, "").format(**context)
    return _unexpected(wanted, written, context.get("names", ())) if wanted else (error["msg"], "")


def _unexpected(wanted: str, written: Any, names: Collection[str]) -> tuple[str, str]:
    what = f"expected {wanted}, not {_shown(written)}"
    close = nearest(str(written), names)
    if close:
        return what, f"did you mean {close!r}?"
    is_unquoted = wanted == "text" and isinstance(written, bool | int | float)
    return what, "write it in quotes" if is_unquoted else ""


def _choice(place: Place, written: Any, choices: list[str], *, is_key: bool) -> tuple[str, str]:
    if is_key:
        return "unknown name", did_you_mean(str(place[-1]), choices)
    if not isinstance(written, str):
        return f"expected text, not {_shown(written)}", did_you_mean("", choices)
    return f"cannot be {written!r}", did_you_mean(written, choices)


def _known_keys(place: Place, root: type[Section]) -> str:
    *around, key = place
    known = keys_at(tuple(around), root)
    if nearest(str(key), known):
        return did_you_mean(str(key), known)
    homes = [spell(home) for home, section in sections(root) if key in section["properties"]]
    if 0 < len(homes) <= 3:
        return f"it belongs in {' or '.join(home or 'the top level' for home in homes)}"
    return did_you_mean(str(key), known)


def _shown(written: Any) -> str:
    if isinstance(written, bool):
        return str(written).lower()
    kinds = {type(None): "nothing", list: "a list", dict: "keys with values"}
    return kinds.get(type(written)) or repr(written)
