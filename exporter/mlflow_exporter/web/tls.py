"""TLS for the HTTP server."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import structlog
from cheroot.errors import FatalSSLAlert
from cheroot.makefile import MakeFile
from cheroot.ssl import Adapter

from mlflow_exporter.web.guard import WebFile

_ENVIRONMENT = {"wsgi.url_scheme": "https", "HTTPS": "on"}
_PLAIN = b"The client sent a plain HTTP request, but this server speaks only HTTPS.\n"
_ANSWER = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"

_log = structlog.get_logger(__name__)


class Tls(Adapter):
    """TLS with the certificate that a web configuration has at the time; raises ValueError where it has none.

    The handshake is part of the first read, so that a client that says nothing keeps one thread busy and not, as with
    cheroot's own adapter, the thread that accepts everyone's connections.
    """

    def __init__(self, file: WebFile) -> None:
        self._file = file
        if file.guard.context is None:
            raise ValueError("the web configuration has no TLS")

    def bind(self, sock: socket.socket) -> socket.socket:
        """The listening socket as it is: connections are wrapped, one by one."""
        return sock

    def wrap(self, sock: socket.socket) -> tuple[socket.socket, dict[str, str]]:
        """A connection that will speak TLS, and what requests are told of it."""
        context = self._file.guard.context
        assert context is not None  # noqa: S101 -- WebFile keeps TLS as it was at the start
        wrapped = _Connection._create(  # type: ignore[attr-defined]  # noqa: SLF001 -- what wrap_socket calls
            sock, server_side=True, do_handshake_on_connect=False, context=context
        )
        return wrapped, self.get_environ()

    def get_environ(self) -> dict[str, str]:
        """What requests are told of their connection."""
        return dict(_ENVIRONMENT)

    def makefile(self, sock: socket.socket, mode: str = "r", bufsize: int = -1) -> Any:
        """A reader or a writer of the connection."""
        return MakeFile(sock, mode, bufsize)


class _Connection(ssl.SSLSocket):
    """A connection whose failed handshake is cheroot's kind of error."""

    def recv_into(self, *args: Any) -> int:
        try:
            return super().recv_into(*args)
        except ssl.SSLError as error:
            _log.warning("a client's TLS failed", reason=(error.reason or str(error)).replace("_", " ").lower())
            if error.reason == "HTTP_REQUEST":
                socket.socket.sendall(self, _ANSWER % (len(_PLAIN), _PLAIN))  # past TLS, which the client lacks
            raise FatalSSLAlert(*error.args) from error
