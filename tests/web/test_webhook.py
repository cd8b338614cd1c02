"""The route that Alertmanager sends to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mlflow_exporter.alerting.alerting import Alerting
from mlflow_exporter.alerting.tally import Tally
from mlflow_exporter.alerting.workers import Workers
from mlflow_exporter.config.alerting import AlertingSettings
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.state.store import Store
from mlflow_exporter.web import webhook

TOLD = {
    "status": "firing",
    "labels": {"alertname": "FeatureDrift"},
    "startsAt": "2026-01-01T00:00:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "fingerprint": "f1",
}
BODY = json.dumps({"version": "4", "alerts": [TOLD]})
BEARER = {"Authorization": "Bearer s3cret"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/state.db")
    yield opened
    opened.close()


@pytest.fixture
def token(exporter: Any, store: Store, tmp_path: Path) -> Path:
    """The file with the token of an exporter that needs one."""
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    settings = AlertingSettings(token_file=str(file))
    exporter.alerting = Alerting(settings, store, Registry("http://host"), Workers(), Tally())
    return file


@pytest.fixture
def open_to_this_machine(exporter: Any, store: Store) -> None:
    """The exporter has no token."""
    exporter.alerting = Alerting(AlertingSettings(), store, Registry("http://host"), Workers(), Tally())


def post(client: FlaskClient, body: str | bytes = BODY, **options: Any) -> Any:
    return client.post("/api/v1/alerts", data=body, content_type="application/json", **options)


def told(store: Store) -> int:
    with store.reading() as transaction:
        return transaction.alerts.count()


@pytest.mark.usefixtures("token")
def test_a_notification_is_stored(client: FlaskClient, store: Store) -> None:
    """It is answered once it is stored, and a repetition is answered like it."""
    assert [post(client, headers=BEARER).text for _ in range(2)] == [
        "Alerts told: 1, news of them: 1.\n",
        "Alerts told: 1, news of them: 0.\n",
    ]
    assert told(store) == 1


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(
    "headers",
    (
        {},
        {"Authorization": "Bearer s3cre"},
        {"Authorization": "Bearer s3cret2"},
        {"Authorization": "Bearer π"},
        {"Authorization": "Bearer"},
        {"Authorization": "s3cret"},
        {"Authorization": "Basic czNjcmV0OnMzY3JldA=="},
    ),
)
def test_without_the_token_nothing_is_taken(client: FlaskClient, store: Store, headers: dict[str, str]) -> None:
    """Neither another token nor another kind of credentials, from this machine either."""
    answer = post(client, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "s3cret" not in answer.text
    assert told(store) == 0


def test_a_new_token_counts_at_once(client: FlaskClient, token: Path) -> None:
    """It is read for each request; while it cannot be read, Alertmanager is to try again."""
    token.write_text("other")
    assert post(client, headers=BEARER).status_code == 401
    token.unlink()
    assert post(client, headers=BEARER).status_code == 503


@pytest.mark.usefixtures("open_to_this_machine")
@pytest.mark.parametrize("address", ("127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"))
def test_without_a_token_this_machine_may_send(client: FlaskClient, address: str) -> None:
    """An Alertmanager beside the exporter needs none."""
    assert post(client, environ_overrides={"REMOTE_ADDR": address}).status_code == 200


@pytest.mark.usefixtures("open_to_this_machine")
@pytest.mark.parametrize(
    ("address", "headers"),
    (
        ("192.168.1.7", {}),
        ("::ffff:10.0.0.1", {}),
        ("", {}),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.1"}),
        ("127.0.0.1", {"Forwarded": "for=10.0.0.1"}),
        ("127.0.0.1", {"Host": "rebound.example.com:10045"}),
    ),
)
def test_without_a_token_nobody_else_may(
    client: FlaskClient, store: Store, address: str, headers: dict[str, str]
) -> None:
    """Neither another machine, nor one behind a proxy, nor a page whose name points here; the answer says why."""
    answer = post(client, environ_overrides={"REMOTE_ADDR": address}, headers=headers)
    assert (answer.status_code, told(store)) == (403, 0)
    assert "`alerting.token_file`" in answer.text


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("body", (b"", b"{hunter2", b'{"version": "hunter2"}', b"\xff", b"[" * 10_000))
def test_what_is_wrong_is_told_and_not_repeated(client: FlaskClient, body: bytes) -> None:
    """A 400 with the place, since Alertmanager does not send it again."""
    answer = post(client, body, headers=BEARER)
    assert answer.status_code == 400
    assert "hunter2" not in answer.text
    assert answer.text.endswith("; send what Alertmanager's webhook of version 4 sends\n")


@pytest.mark.usefixtures("token")
def test_only_json_is_taken(client: FlaskClient) -> None:
    """A form of a foreign page cannot send JSON."""
    answer = client.post("/api/v1/alerts", data=BODY, content_type="text/plain", headers=BEARER)
    assert answer.status_code == 415


@pytest.mark.usefixtures("token")
def test_what_is_too_large_is_not_read(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether or not its length is told beforehand."""
    monkeypatch.setattr(webhook, "LARGEST", len(BODY))
    assert post(client, headers=BEARER).status_code == 200
    assert post(client, f"{BODY} ", headers=BEARER).status_code == 413
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    assert post(client, f"{BODY} ", headers=BEARER, environ_overrides=chunked).status_code == 413


@pytest.mark.usefixtures("token")
def test_a_state_that_is_away_asks_for_patience(client: FlaskClient, store: Store, tmp_path: Path) -> None:
    """Alertmanager sends it again after a 503, whose text tells nothing of the state."""
    store.close()
    for file in tmp_path.glob("state.db*"):
        file.unlink()
    (tmp_path / "state.db").mkdir()
    answer = post(client, headers=BEARER)
    assert answer.status_code == 503
    assert "state.db" not in answer.text
    assert client.get("/alerts").status_code == 503


def test_it_is_posted_to(client: FlaskClient) -> None:
    """Anything else is not allowed."""
    assert client.get("/api/v1/alerts").status_code == 405
