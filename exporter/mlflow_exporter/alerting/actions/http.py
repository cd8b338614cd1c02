"""Actions that send a request to a web server."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mlflow_exporter import __version__
from mlflow_exporter.alerting.actions.action import OUTPUT_LIMIT, Leash, bounded
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.config.alerting import HttpAction
from mlflow_exporter.config.secrets import HIDDEN, read_secret
from mlflow_exporter.errors import ActionError


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: the token is for the server that it was given for."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Http:
    """Sends the alert, or JSON that is made from it."""

    settings: HttpAction

    def plan(self, event: Event) -> str:
        self._body(event)
        # Neither path nor query: they may be a secret, as with Slack's webhooks.
        address = urlsplit(self.settings.url.get_secret_value())
        return f"{self.settings.method} {address.scheme}://{address.hostname}/…"

    def run(self, event: Event, leash: Leash) -> str:
        token = self._token()
        request = urllib.request.Request(  # noqa: S310 -- the configuration allows http and https only
            self.settings.url.get_secret_value(),
            data=None if self.settings.method == "GET" else self._body(event).encode(),
            headers=self._headers(token),
            method=self.settings.method,
        )
        status, text = _answer(request, leash.seconds)
        answer = f"{status} {http.client.responses.get(status, '')}".strip()
        said = bounded(text.replace(token, HIDDEN) if token else text)
        if not 200 <= status < 300:
            raise ActionError(f"{self._host} answered {answer}:\n{said}" if said else f"{self._host} answered {answer}")
        return f"{answer}\n{said}".strip()

    @property
    def _host(self) -> str:
        return str(urlsplit(self.settings.url.get_secret_value()).hostname)

    def _body(self, event: Event) -> str:
        return event.filled_json(self.settings.body) if self.settings.body else json.dumps(event.document())

    def _headers(self, token: str | None) -> Mapping[str, str]:
        own = {"Content-Type": "application/json", "User-Agent": f"mlflow-exporter/{__version__}"}
        given = {name: value.get_secret_value() for name, value in self.settings.headers.items()}
        return {**own, **given, **({"Authorization": f"Bearer {token}"} if token else {})}

    def _token(self) -> str | None:
        file = self.settings.bearer_file
        try:
            return None if file is None else read_secret(Path(file))
        except ValueError as error:
            raise ActionError(str(error), where=str(file), mend="check the path and its rights") from error


def _answer(request: urllib.request.Request, seconds: float) -> tuple[int, str]:
    """Status and the first of the text that a server answers; raises ActionError where it does not answer."""
    opener = urllib.request.build_opener(_NoRedirects)
    host = str(urlsplit(request.full_url).hostname)
    try:
        with opener.open(request, timeout=seconds) as answer:
            return answer.status, _text(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _text(error)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise ActionError(f"{host} did not answer: {reason}", mend="check that it runs and can be reached") from error


def _text(answer: Any) -> str:
    return str(answer.read(OUTPUT_LIMIT).decode(errors="replace"))
