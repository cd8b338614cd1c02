from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.alerting.event import written
from mlflow_exporter.alerting.notification import parse
from mlflow_exporter.errors import NotificationError
from mlflow_exporter.state.alerts import Alert

TOLD: dict[str, Any] = {
    "version": "4",
    "groupKey": '{}:{alertname="FeatureDrift"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "exporter",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "FeatureDrift"},
            "annotations": {"summary": "age"},
            "startsAt": "2023-11-14T22:13:20.123456789Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus/graph",
            "fingerprint": "5ef77f1f8a3ecf8d",
            "somethingNew": {},
        }
    ],
}


def changed(place: tuple[str | int, ...], value: object) -> bytes:
    """The notification with another value at a place."""
    data = copy.deepcopy(TOLD)
    inner: Any = data
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = value
    return json.dumps(data).encode()


def test_reads_what_alertmanager_sends() -> None:
    """Times to the microsecond; what fires has no end; keys that are not known are ignored."""
    labels, texts = {"alertname": "FeatureDrift"}, {"summary": "age"}
    expected = Alert("5ef77f1f8a3ecf8d", 1_700_000_000.123456, None, labels, texts, "http://prometheus/graph")
    assert parse(json.dumps(TOLD).encode()) == [expected]


def test_reads_a_resolution(alert: Callable[..., Alert], notify: Callable[..., bytes]) -> None:
    """What is resolved has its end."""
    assert parse(notify(alert(ends_at=1_060.5), alert("f2"))) == [alert(ends_at=1_060.5), alert("f2")]


def test_a_firing_has_no_end_whatever_is_told() -> None:
    """Prometheus tells until when an alert is to count as firing, which is no end."""
    (alert,) = parse(changed(("alerts", 0, "endsAt"), "2030-01-01T00:00:00Z"))
    assert alert.ends_at is None


@pytest.mark.parametrize(
    ("place", "value", "said"),
    (
        (("version",), "3", "version: Input should be '4'"),
        (("alerts",), "hunter2", "alerts: Input should be a valid array"),
        (("alerts", 0, "status"), "hunter2", "alerts[0].status: Input should be 'firing' or 'resolved'"),
        (("alerts", 0, "labels"), {"hunter2": 1}, "alerts[0].labels: Input should be a valid string"),
        (("alerts", 0, "labels"), {"a": "hunter2\0"}, "alerts[0].labels: has a null character"),
        (("alerts", 0, "labels"), {"model": "hunter2" * 100}, "may have at most 512 characters"),
        (("alerts", 0, "startsAt"), "hunter2", "alerts[0].startsAt: expected a time such as"),
        (("alerts", 0, "startsAt"), "2026-01-01T00:00:00", "alerts[0].startsAt: expected a time such as"),
        (("alerts", 0, "startsAt"), "0001-01-01T00:00:00Z", "alerts[0].startsAt: there is no such time"),
        (
            ("alerts", 0, "startsAt"),
            "9999-12-31T23:59:59.999999999Z",
            "startsAt: expected a time of the years 1 to 9999",
        ),
        (("alerts", 0, "startsAt"), "9999-12-31T23:00:00-10:00", "startsAt: expected a time of the years 1 to 9999"),
        (("alerts", 0, "startsAt"), "0001-01-01T00:00:00+05:00", "startsAt: expected a time of the years 1 to 9999"),
        (("alerts", 0, "fingerprint"), "../hunter2", "alerts[0].fingerprint: String should match pattern"),
        (("alerts", 0, "status"), "resolved", "alerts[0].endsAt: is missing, and the alert is resolved"),
    ),
)
def test_what_is_wrong_is_told_and_not_repeated(place: tuple[str | int, ...], value: object, said: str) -> None:
    """The error names the place, and nothing that the sender wrote."""
    with pytest.raises(NotificationError) as caught:
        parse(changed(place, value))
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


@given(st.datetimes(timezones=st.timezones() | st.just(UTC)))
def test_a_time_that_is_taken_can_be_shown(moment: datetime) -> None:
    """Whatever time an alert began, it can be written as RFC 3339, or is refused."""
    try:
        (taken,) = parse(changed(("alerts", 0, "startsAt"), moment.isoformat()))
    except NotificationError:
        return
    assert abs(datetime.fromisoformat(written(taken.starts_at)) - moment) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "body", (b"", b"{", b"\xff", b"[" * 100_000, b'{"version": "4", "alerts": [{"x": "\\ud800"}]}')
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    """Neither broken text, nor depth, nor half a character gets further."""
    with pytest.raises(NotificationError, match="not valid JSON"):
        parse(body)


@given(
    st.binary()
    | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(
        lambda data: json.dumps({"version": "4", "alerts": data}).encode()
    )
)
def test_nothing_but_a_notification_is_taken(body: bytes) -> None:
    """Whatever is sent, it is a list of alerts or an error of this package."""
    try:
        taken = parse(body)
    except NotificationError:
        return
    assert taken == []
