from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from mlflow_exporter.config.schema import json_schema, keys_at, plain, sections
from mlflow_exporter.config.settings import Settings

HERE = Path(__file__).parent
GOOD = [*sorted((HERE / "good").glob("*.yml")), HERE.parents[1] / "docs" / "config.example.yml"]
# What a schema of plain JSON can find out: neither contradictions nor anything about YAML, files or the environment.
FOUND_BY_SCHEMA = (
    "unknown_key",
    "missing_key",
    "wrong_type_number",
    "bad_mode",
    "unknown_test",
    "unknown_metric",
)


def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema())


def test_it_is_a_schema() -> None:
    """The schema is valid by the dialect that it names."""
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_it_accepts_good_files(path: Path) -> None:
    """An editor finds nothing to complain about in a file that is right."""
    validator().validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize("name", FOUND_BY_SCHEMA)
def test_it_refuses_bad_files(name: str) -> None:
    """An editor marks the mistakes that it can see."""
    assert not validator().is_valid(yaml.safe_load((HERE / "bad" / f"{name}.yml").read_text()))


def test_defaults_are_valid_by_the_schema() -> None:
    """A default as documented could stand in the file."""
    definitions = {"$defs": json_schema()["$defs"]}
    values = [value for _, section in sections() for value in section["properties"].values() if value.get("default")]
    assert len(values) > 20
    for value in values:
        jsonschema.Draft202012Validator({**definitions, **value}).validate(value["default"])


def test_every_key_has_a_description() -> None:
    """Editors and the reference explain each key."""
    bare = [
        (place, key)
        for place, section in sections()
        for key, value in section["properties"].items()
        if not plain(value).get("description", "").endswith(".")
    ]
    assert bare == []


def test_the_keys_of_a_place_are_those_of_its_section() -> None:
    """Positions and names of a file lead to the section of any item or entry."""
    assert keys_at(()) == list(Settings.model_fields)
    assert keys_at(("models", 3, "drift", "columns", "age")) == ["tests", "floor"]
    assert keys_at(("models", 0, "baseline", "data")) == ["source", "path", "columns"]
    assert keys_at(("models", 0, "name")) == []
