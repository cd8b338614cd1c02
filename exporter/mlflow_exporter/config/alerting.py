"""What Alertmanager sends: who may, how long it is kept, and which actions follow."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)

from mlflow_exporter.config.matchers import Matcher
from mlflow_exporter.config.section import Section, default
from mlflow_exporter.config.values import Duration, Text, Version, expected, mistaken, resolve

_SSH = re.compile(r"[\w.-]+@[\w.-]+:")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class When(StrEnum):
    """Which news of an alert an action follows."""

    FIRING = "firing"
    RESOLVED = "resolved"


def _matcher(value: object) -> Matcher:
    if isinstance(value, Matcher):
        return value
    if not isinstance(value, str):
        raise expected("the text of a matcher")
    try:
        return Matcher.parse(value)
    except ValueError as error:
        raise mistaken(str(error), "") from error


def _file(value: object, info: ValidationInfo) -> object:
    return resolve(value, info) if isinstance(value, str) else value


def _project(value: object, info: ValidationInfo) -> object:
    is_ssh = isinstance(value, str) and _SSH.match(value)
    return value if is_ssh else _file(value, info)


def _http(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise mistaken("not the address of a web server", "write it as https://host/path")
    return url


def _headers(headers: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    for name, value in headers.items():
        if name.casefold() == "authorization":
            raise mistaken("a secret that everyone could read", "put the token into a file, and give `bearer_file`")
        if not _HEADER.fullmatch(name) or not value.get_secret_value().isprintable():
            raise mistaken("has a name or a value that HTTP does not allow", "check spaces and line breaks")
    return headers


def _json_text(text: str) -> str:
    try:
        json.loads(text)
    except ValueError as error:
        raise mistaken(
            f"not JSON: {error}", "write it in single quotes, with placeholders inside of its texts"
        ) from error
    return text


def _alias(value: object) -> object:
    return value.removeprefix("@") if isinstance(value, str) else value


SecretFile: TypeAlias = Annotated[Text, BeforeValidator(_file)]
Matchers: TypeAlias = Annotated[
    tuple[Annotated[Matcher, PlainValidator(_matcher), WithJsonSchema({"type": "string", "minLength": 1})], ...],
    Field(min_length=1),
]
Hidden: TypeAlias = Annotated[SecretStr, WithJsonSchema({"type": "string"})]
HttpUrl: TypeAlias = Annotated[Hidden, AfterValidator(_http), WithJsonSchema({"type": "string", "minLength": 1})]
ActionName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class Action(Section):
    """What every action has."""

    name: ActionName = Field(description="Its name, a label on /metrics: letters, digits, `_`, `.` and `-`.")
    match: Matchers = Field(
        description="Matchers on the alert's labels, as Alertmanager writes them. All have to match."
    )
    when: When = default(When.FIRING, "Whether it follows the alert's firing or its resolution.")
    cooldown: Duration = default("1h", "How long after it began it does not begin again for the same model.")
    timeout: Duration = default("5m", "How long it may take; then it is ended.")
    dry_run: bool = default(True, "Record what it would do, and do nothing.")


class CommandAction(Action):
    """Runs a program, which gets the alert as JSON on its standard input and as `ALERT_*` in its environment."""

    kind: Literal["command"] = Field(description="The kind of action.")
    command: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        description="The program and its arguments, one by one: no shell reads them."
    )


class HttpAction(Action):
    """Sends a request to a web server."""

    kind: Literal["http"] = Field(description="The kind of action.")
    url: HttpUrl = Field(description="Where to; redirects are not followed.")
    method: Literal["POST", "PUT", "PATCH", "DELETE", "GET"] = default("POST", "How.")
    headers: Annotated[Mapping[str, Hidden], AfterValidator(_headers)] = Field(
        default_factory=dict, description="Header to its value."
    )
    body: Annotated[Text, AfterValidator(_json_text)] | None = default(
        None, "JSON to send; `{label}` inside of its texts is replaced. Default: the alert."
    )
    bearer_file: SecretFile | None = default(None, "File with a token to send as `Authorization: Bearer`.")


class MlflowRunAction(Action):
    """Runs an MLflow project, such as one that trains the model anew, by `mlflow run`."""

    kind: Literal["mlflow_run"] = Field(description="The kind of action.")
    project: Annotated[Text, BeforeValidator(_project)] = Field(
        description="A folder or the URI of a Git repository, as `mlflow run` takes it."
    )
    project_version: Text | None = default(None, "Branch, tag or commit of a Git repository.")
    entry_point: Text = default("main", "The project's entry point.")
    parameters: Mapping[str, str] = Field(
        default_factory=dict, description="Parameter to its value; `{label}` in it is replaced."
    )
    experiment: Text | None = default(None, "Name of the experiment.")
    env_manager: Literal["local", "virtualenv", "uv", "conda"] = default("virtualenv", "What makes its environment.")
    timeout: Duration = default("1h", "How long it may take; then it is ended.")


class AliasAction(Action):
    """Moves an alias of the model away from the version that the alert is about."""

    kind: Literal["alias"] = Field(description="The kind of action.")
    alias: Annotated[Text, BeforeValidator(_alias)] = default("champion", "The alias to move.")
    to: Version | None = default(
        None, 'A version number or another `"@alias"`. Default: the version that had the alias before.'
    )


class LambdaAction(Action):
    """Invokes an AWS Lambda function with the alert."""

    kind: Literal["lambda"] = Field(description="The kind of action.")
    function: Text = Field(description="Its name or ARN.")
    region: Text | None = default(None, "AWS region. Default: that of the environment.")
    wait: bool = default(True, "Wait for its answer and record it, or only hand the alert over.")
    endpoint_url: HttpUrl | None = default(None, "Another address than AWS's own.")


AnyAction: TypeAlias = Annotated[
    CommandAction | HttpAction | MlflowRunAction | AliasAction | LambdaAction, Field(discriminator="kind")
]


class AlertingSettings(Section):
    """What Alertmanager sends to `/api/v1/alerts`."""

    token_file: SecretFile | None = default(
        None, "File with the token that Alertmanager has to send. Without it, only this machine may send."
    )
    retention: Duration = default("90d", "How long alerts and runs of actions are kept.")
    note_incidents: bool = default(False, "Note on the model version in MLflow which alerts fire, as tags.")
    actions: tuple[AnyAction, ...] = default((), "What follows an alert; needs `token_file`.")
