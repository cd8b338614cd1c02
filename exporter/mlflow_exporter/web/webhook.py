"""The route that Alertmanager sends to."""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, request

from mlflow_exporter.errors import ConfigurationError, NotificationError, StateError
from mlflow_exporter.web.exporter import Exporter

PATH = "/api/v1/alerts"
LARGEST = 4 * 2**20
"""Bytes of a notification; Alertmanager's have some thousand alerts at most."""

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
_LOCAL_NAMES = ("localhost", "localhost.localdomain")

_log = structlog.get_logger(__name__)


def webhook_routes(exporter: Exporter) -> Blueprint:
    """POST `/api/v1/alerts`: 200 once a notification is stored, 503 where it cannot be (Alertmanager tries again)."""
    routes = Blueprint("webhook", __name__)

    @routes.post(PATH)
    def receive() -> Response:
        try:
            refused = _refusal(exporter.alerting.token()) or _unfit()
            body = b"" if refused else request.stream.read(LARGEST + 1)
            return refused or (_too_large() if len(body) > LARGEST else _stored(exporter, body))
        except NotificationError as error:
            return _text(f"{error}\n", 400)
        except (StateError, ConfigurationError) as error:
            _log.error("a notification cannot be taken", error=str(error))
            return _text("The notification cannot be stored now, see the exporter's log; send it again.\n", 503)

    return routes


def _stored(exporter: Exporter, body: bytes) -> Response:
    receipt = exporter.alerting.receive(body)
    return _text(f"Alerts told: {receipt.told}, news of them: {receipt.news}.\n")


def _refusal(token: str | None) -> Response | None:
    """The answer to whoever may not send."""
    if token is None:
        if _is_local():
            return None
        return _text("Only this machine may send alerts, since the configuration has no `alerting.token_file`.\n", 403)
    given = request.authorization
    said = (given.token or "") if given is not None and given.type == "bearer" else ""
    if hmac.compare_digest(said.encode(), token.encode()):
        return None
    refused = _text("Send the token of `alerting.token_file` as `Authorization: Bearer`.\n", 401)
    refused.headers["WWW-Authenticate"] = 'Bearer realm="mlflow-exporter"'
    return refused


def _is_local() -> bool:
    """Whether a program on this machine asks: no proxy for others, and no page whose name was made to mean us."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    host = urlsplit(f"//{request.host}").hostname or ""
    return _is_loopback(request.remote_addr or "") and (host in _LOCAL_NAMES or _is_loopback(host))


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def _unfit() -> Response | None:
    """The answer to a request whose body is not read; a browser cannot send JSON here without asking first."""
    if not request.is_json:
        return _text("Send JSON, as `Content-Type: application/json`.\n", 415)
    return _too_large() if (request.content_length or 0) > LARGEST else None


def _too_large() -> Response:
    return _text(f"A notification may have at most {LARGEST:,} bytes; lower `max_alerts` of the receiver.\n", 413)


def _text(body: str, status: int = 200) -> Response:
    return Response(body, status, content_type="text/plain; charset=utf-8")
