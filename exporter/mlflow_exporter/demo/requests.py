"""One row after the other to a scoring server, over a connection that stays open."""

from __future__ import annotations

import http.client
import json
import select
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import structlog

_TIMEOUT_SECONDS = 10

_log = structlog.get_logger(__name__)


class Client:
    """Asks a server that speaks MLflow's protocol; not safe to use from two threads at once.

    A request that fails is logged, and is lost as a real client's would be.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=_TIMEOUT_SECONDS)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def ask(self, request_id: str, features: Mapping[str, Any]) -> None:
        """Have one row scored, under an identifier by which its label will be joined."""
        self._renew()
        body = json.dumps({"dataframe_records": [features]})
        headers = {"Content-Type": "application/json", "X-Request-Id": request_id}
        try:
            self._connection.request("POST", "/invocations", body, headers)
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            _log.warning("a request failed", server=self._address, error=str(error))
            return
        if answer.status != http.client.OK:
            _log.warning("a request was refused", server=self._address, status=answer.status, said=said[:500].decode())

    def _renew(self) -> None:
        # Between two answers a server has nothing to say but that it closed the connection, idle as that was.
        socket = self._connection.sock
        if socket is not None and select.select([socket], [], [], 0)[0]:
            self._connection.close()
