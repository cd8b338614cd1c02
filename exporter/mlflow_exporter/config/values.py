"""The types of the configuration's values: what is accepted in the file, and what becomes of it.

A validator raises `expected` where the value is shown in the error, and `mistaken` where the text says it all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from mlflow_exporter.config.names import CategoricalTest, DatasetTest, NumericTest
from mlflow_exporter.config.secrets import SecretText, read_secret
from mlflow_exporter.domain import Window, parse_duration

_STAGES = ("Staging", "Production", "Archived")
_VERSION = re.compile(r"[1-9]\d*|@[\w-]+|latest")
# What MLflow takes for a server has no scheme in one case.
_ELSEWHERE = re.compile(r"[A-Za-z][\w+.-]*://|file:|databricks(-uc)?$")
_SQLITE_FILE = re.compile(r"(sqlite(?:\+\w+)?:///)(?![/:])(.+)", re.DOTALL)
_DATABASES = re.compile(r"sqlite(\+\w+)?:///.|postgresql\+psycopg://.")
_HOST_AND_PORT = re.compile(r"[A-Za-z\d][\w.-]*:\d+/?")
_THOUSANDTHS_SCHEMA = {"type": "number", "minimum": 0, "maximum": 1}
_DURATION_PATTERN = r"^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$"
_DURATION_SCHEMA = {"type": "string", "format": "duration-prometheus", "minLength": 1, "pattern": _DURATION_PATTERN}


def expected(what: str, names: Sequence[str] = ()) -> PydanticCustomError:
    """The error that something else was expected, one of the names if the value is a slip of it."""
    return PydanticCustomError("expected", "{what}", {"what": what, "names": list(names)})


def mistaken(what: str, mend: str) -> PydanticCustomError:
    """The error that a value is wrong, without showing the value."""
    return PydanticCustomError("mistaken", "{what}", {"what": what, "mend": mend})


def resolve(path: str, info: ValidationInfo) -> str:
    """A path, relative to the folder of the configuration file; the URL of another place stays as it is."""
    folder = (info.context or {}).get("folder")
    return path if folder is None or not path or _ELSEWHERE.match(path) else str(Path(folder) / path)


def _thousandths(ratio: float) -> float:
    # Confidence is counted in 1,000 bins: only a threshold between two of them has an exact share below it.
    if round(ratio * 1000) / 1000 != ratio:
        raise expected("a share from 0 to 1 with at most three decimals")
    return ratio


def _seconds(value: object) -> float:
    try:
        seconds = parse_duration(value) if isinstance(value, str) else 0.0
    except (ValueError, OverflowError):
        seconds = 0.0
    if not seconds:
        raise expected("a duration above zero, such as 30s, 5m, 1h30m or 7d")
    return seconds


def _window(value: object) -> Window:
    return value if isinstance(value, Window) else Window(str(value), _seconds(value))


def _version(value: object) -> str:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    stage = next((stage for stage in _STAGES if stage.casefold() == text.casefold()), None)
    if stage is None and not _VERSION.fullmatch(text):
        aliases = [f"@{text}"] if re.search(r"[A-Za-z]", text) else []
        raise expected('a version number, "@alias", a stage or latest', [*_STAGES, "latest", *aliases])
    return stage or text


def _class_name(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _paths(value: object, info: ValidationInfo) -> object:
    listed = value if isinstance(value, list | tuple) else [value]
    return tuple(resolve(path, info) if isinstance(path, str) else path for path in listed)


def _url(value: object, info: ValidationInfo) -> SecretText:
    if isinstance(value, SecretText):
        return value
    if not isinstance(value, str) or not value:
        raise mistaken("expected the text of a URL", "write it in quotes")
    if _HOST_AND_PORT.fullmatch(value):
        raise mistaken("an address without a scheme", "write it as http://host:port")
    if file := _SQLITE_FILE.fullmatch(value):
        return SecretText(file[1] + resolve(file[2], info))
    return SecretText(resolve(value, info))


def _database_url(url: SecretText) -> SecretText:
    if not _DATABASES.match(url.get_secret_value()):
        raise mistaken(
            "not the URL of a database that can be used",
            "write it as sqlite:///state.db or postgresql+psycopg://host/name",
        )
    return url


def _secret_file(value: object, info: ValidationInfo) -> SecretText | None:
    if value is None or isinstance(value, SecretText):
        return value
    if not isinstance(value, str) or not value:
        raise expected("the path of a file")
    try:
        secret = read_secret(Path(resolve(value, info)))
    except ValueError as error:
        raise mistaken(str(error), "a relative path starts at the folder of this file") from error
    return _database_url(_url(secret, info))


def _schema(**keywords: Any) -> WithJsonSchema:
    return WithJsonSchema(keywords)


Text: TypeAlias = Annotated[str, StringConstraints(min_length=1)]
Names: TypeAlias = tuple[Text, ...]
NumericTests: TypeAlias = Annotated[tuple[NumericTest, ...], Field(min_length=1)]
CategoricalTests: TypeAlias = Annotated[tuple[CategoricalTest, ...], Field(min_length=1)]
DatasetTests: TypeAlias = tuple[DatasetTest, ...]
Ratio: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Thousandths: TypeAlias = Annotated[Ratio, AfterValidator(_thousandths), WithJsonSchema(_THOUSANDTHS_SCHEMA)]
Duration: TypeAlias = Annotated[float, BeforeValidator(_seconds), WithJsonSchema(_DURATION_SCHEMA)]
Windows: TypeAlias = Annotated[
    tuple[Annotated[Window, PlainValidator(_window), WithJsonSchema(_DURATION_SCHEMA)], ...],
    Field(min_length=1),
]
Version: TypeAlias = Annotated[
    str, BeforeValidator(_version), _schema(anyOf=[{"type": "integer", "minimum": 1}, {"type": "string"}])
]
ClassName: TypeAlias = Annotated[
    str, BeforeValidator(_class_name), _schema(anyOf=[{"type": "string"}, {"type": "integer"}])
]
Paths: TypeAlias = Annotated[
    tuple[Text, ...],
    BeforeValidator(_paths),
    Field(min_length=1),
    _schema(
        anyOf=[
            {"type": "string", "minLength": 1},
            {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
        ]
    ),
]
Url: TypeAlias = Annotated[SecretText, PlainValidator(_url), _schema(type="string", minLength=1)]
DatabaseUrl: TypeAlias = Annotated[Url, AfterValidator(_database_url)]
DatabaseUrlFile: TypeAlias = Annotated[
    SecretText | None, PlainValidator(_secret_file), _schema(type="string", minLength=1)
]
