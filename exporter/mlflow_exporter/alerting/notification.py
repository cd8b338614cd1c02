"""Alertmanager's webhook, version 4 (prometheus.io/docs/alerting/latest/configuration, `<webhook_config>`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, ValidationError

from mlflow_exporter.config.mistakes import spell
from mlflow_exporter.errors import NotificationError
from mlflow_exporter.state.alerts import Alert

_LONGEST_KEY = 512
_KEYS = ("alertname", "model", "severity", "version")
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


def _time(value: object) -> float | None:
    """Unix seconds; None for the first moment of the first year, by which Alertmanager says that there is no end."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("expected a time such as 2026-01-31T12:00:00Z")
    return None if moment == _NEVER else _writable(moment.timestamp())


def _writable(seconds: float) -> float:
    """The same; raises ValueError for what is no time of the years 1 to 9999 in UTC, in which it is to be shown."""
    try:
        datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("expected a time of the years 1 to 9999") from error
    return seconds


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("has a null character")
    return text


def _keys(labels: Mapping[str, str]) -> Mapping[str, str]:
    if any(len(labels.get(name, "")) > _LONGEST_KEY for name in _KEYS):
        raise ValueError(f"{', '.join(_KEYS)} may have at most {_LONGEST_KEY} characters")
    return labels


_Text: TypeAlias = Annotated[str, AfterValidator(_storable)]
_Time: TypeAlias = Annotated[float | None, PlainValidator(_time)]
_Fingerprint: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class _Told(BaseModel):
    """An alert as it is told; other keys are ignored."""

    model_config = ConfigDict(strict=True)

    status: Literal["firing", "resolved"]
    labels: Annotated[Mapping[_Text, _Text], AfterValidator(_keys)]
    annotations: Mapping[_Text, _Text] = Field(default_factory=dict)
    starts_at: _Time = Field(alias="startsAt")
    ends_at: _Time = Field(default=None, alias="endsAt")
    generator_url: _Text = Field(default="", alias="generatorURL")
    fingerprint: _Fingerprint


class _Notification(BaseModel):
    model_config = ConfigDict(strict=True)

    version: Literal["4"]
    alerts: list[_Told]


def parse(body: bytes) -> list[Alert]:
    """The alerts that a notification tells.

    Raises NotificationError, which says where it is wrong without repeating anything of it.
    """
    try:
        told = _Notification.model_validate_json(body).alerts
    except ValidationError as error:
        raise NotificationError(_wrong(error), mend="send what Alertmanager's webhook of version 4 sends") from None
    return [_alert(alert, f"alerts[{position}]") for position, alert in enumerate(told)]


def _alert(told: _Told, where: str) -> Alert:
    if told.starts_at is None:
        raise NotificationError("there is no such time", where=f"{where}.startsAt")
    if told.status == "resolved" and told.ends_at is None:
        raise NotificationError("is missing, and the alert is resolved", where=f"{where}.endsAt")
    ends_at = told.ends_at if told.status == "resolved" else None
    return Alert(told.fingerprint, told.starts_at, ends_at, told.labels, told.annotations, told.generator_url)


def _wrong(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    # Names of labels are the sender's; numbers and our own names are not.
    place = spell(tuple(part for part in first["loc"] if isinstance(part, int) or part in _NAMES))
    message = "not valid JSON" if first["type"] == "json_invalid" else first["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


_NAMES = {"version", "alerts"} | {field.alias or name for name, field in _Told.model_fields.items()}
