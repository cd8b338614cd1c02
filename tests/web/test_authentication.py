"""Who may ask."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import bcrypt
import pytest
from flask.testing import FlaskClient
from tests.web.conftest import FakeExporter
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Response

from mlflow_exporter.web.application import create_app
from mlflow_exporter.web.authentication import Guarded, Passwords
from mlflow_exporter.web.guard import WebFile

PASSWORD = "correct höörse:battery"
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
USERS = f'basic_auth_users: {{ann: "{HASH}", bob: "{HASH.replace("$2b$", "$2y$")}"}}\n'


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def ask(exporter: FakeExporter, tmp_path: Path) -> Callable[..., TestResponse]:
    """Call it with a path, headers and a web configuration for the answer of a guarded application."""

    def asked(path: str, headers: dict[str, str], configuration: str = USERS, method: str = "GET") -> TestResponse:
        (tmp_path / "web.yml").write_text(configuration)
        guarded = Guarded(create_app(exporter), WebFile(tmp_path / "web.yml"))
        return Client(guarded).open(path, headers=headers, method=method)

    return asked


@pytest.mark.parametrize("path", ("/", "/metrics", "/-/healthy", "/config", "/static/style.css", "/nowhere"))
def test_nothing_is_served_without_a_password(ask: Callable[..., TestResponse], path: str) -> None:
    """Every path, one that does not exist included, asks for a user and tells nothing else."""
    answer = ask(path, {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="mlflow-exporter", charset="UTF-8"'
    assert "churn" not in answer.text


def test_a_stranger_cannot_reload(ask: Callable[..., TestResponse], exporter: FakeExporter) -> None:
    """The refusal comes before anything is done."""
    assert ask("/-/reload", {}, method="POST").status_code == 401
    assert exporter.reloads == 0
    assert ask("/-/reload", basic("ann", PASSWORD), method="POST").status_code == 200
    assert exporter.reloads == 1


@pytest.mark.parametrize("user", ("ann", "bob"))
def test_who_has_the_password_is_answered(ask: Callable[..., TestResponse], user: str) -> None:
    """Hashes of htpasswd and of bcrypt are the same; a password may have colons and any letter."""
    answer = ask("/metrics", basic(user, PASSWORD))
    assert (answer.status_code, "ml_drift_detected{" in answer.text) == (200, True)


@pytest.mark.parametrize(
    "headers",
    (
        basic("ann", "correct"),
        basic("ann", ""),
        basic("eve", PASSWORD),
        basic("", ""),
        basic("ann", PASSWORD + "x" * 100),
        basic("ann", PASSWORD + "\0"),
        {"Authorization": "Bearer abc"},
        {"Authorization": "Basic"},
        {"Authorization": "Basic &&&"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff:\xfe").decode()},
    ),
    ids=range(10),
)
def test_who_has_not_is_refused(ask: Callable[..., TestResponse], headers: dict[str, str]) -> None:
    """Wrong and malformed credentials are 401, and never an error of the server."""
    assert ask("/metrics", headers).status_code == 401


def test_a_token_is_left_to_the_application(tmp_path: Path) -> None:
    """Where the application asks for a token, it decides; anywhere else a token is no password."""
    (tmp_path / "web.yml").write_text(USERS)
    guarded = Client(Guarded(Response("judged"), WebFile(tmp_path / "web.yml"), ["/api/v1/alerts"]))
    token = {"Authorization": "Bearer abc"}
    assert guarded.post("/api/v1/alerts", headers=token).text == "judged"
    assert guarded.post("/api/v1/alerts").status_code == 401
    assert guarded.post("/api/v1/alerts", headers=basic("ann", "wrong")).status_code == 401
    assert guarded.post("/api/v1/alerts", headers=basic("ann", PASSWORD)).text == "judged"
    for path in ("/", "/metrics", "/x/api/v1/alerts", "/api/v1/alerts/"):
        assert guarded.get(path, headers=token).status_code == 401


def test_a_prefix_like_the_tokens_path_opens_nothing(exporter: FakeExporter, tmp_path: Path) -> None:
    """Who judges a token is decided on the path that the application sees, whatever the prefix before it."""
    (tmp_path / "web.yml").write_text(USERS)
    page = create_app(exporter, external_url="https://host/api/v1")
    guarded = Client(Guarded(page, WebFile(tmp_path / "web.yml"), ["/api/v1/alerts"], "/api/v1"))
    token = {"Authorization": "Bearer abc"}
    for path in ("/api/v1/alerts", "/alerts", "/api/v1"):
        assert guarded.get(path, headers=token).status_code == 401
    for prefix, path in (
        ("/ml/", "/ml/api/v1/alerts"),
        ("/ml", "/api/v1/alerts"),
        ("/api/v1", "/api/v1" * 2 + "/alerts"),
    ):
        judged = Client(Guarded(Response("judged"), WebFile(tmp_path / "web.yml"), ["/api/v1/alerts"], prefix))
        assert judged.post(path, headers=token).text == "judged"


def test_headers_replace_those_of_the_application(ask: Callable[..., TestResponse], client: FlaskClient) -> None:
    """What the file gives is on every answer, once, and refusals have it too."""
    given = 'http_server_config: {headers: {X-Content-Type-Options: "other", Strict-Transport-Security: max-age=9}}\n'
    assert client.get("/").headers.getlist("X-Content-Type-Options") == ["nosniff"]
    for answer in (ask("/", {}, given), ask("/", {}, given + USERS)):
        assert answer.headers.getlist("X-Content-Type-Options") == ["other"]
        assert answer.headers["Strict-Transport-Security"] == "max-age=9"


def test_a_password_is_compared_once() -> None:
    """A scrape every few seconds costs one comparison, until the hash changes; the last hundred are remembered."""
    compared: list[tuple[bytes, bytes]] = []

    def compare(password: bytes, hashed: bytes) -> bool:
        compared.append((password, hashed))
        return password == hashed

    passwords = Passwords(compare)
    assert [passwords.match({"ann": b"x"}, "ann", "x") for _ in range(3)] == [True] * 3
    assert [passwords.match({"ann": b"x"}, "ann", "y") for _ in range(3)] == [False] * 3
    assert not passwords.match({"ann": b"z"}, "ann", "x")
    assert compared == [(b"x", b"x"), (b"y", b"x"), (b"x", b"z")]
    for number in range(1000):
        passwords.match({}, "eve", str(number))
    assert len(passwords._known) == 100


def test_an_unknown_user_takes_as_long_as_a_known_one() -> None:
    """Something is compared for a user that there is not, and never matches, whatever the comparison says."""
    compared: list[bytes] = []

    def compare(_password: bytes, hashed: bytes) -> bool:
        compared.append(hashed)
        return True

    assert not Passwords(compare).match({"ann": HASH.encode()}, "eve", "x")
    [hashed] = compared
    assert hashed.startswith(b"$2b$10$")
    assert not bcrypt.checkpw(b"x", hashed)
