"""The HTTP server: one cheroot server for each address, in threads."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Self, TypeAlias

import structlog
from cheroot import wsgi
from cheroot.ssl import Adapter

from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.web.authentication import Guarded
from mlflow_exporter.web.guard import WebFile
from mlflow_exporter.web.tls import Tls

_Wsgi: TypeAlias = Callable[..., Iterable[bytes]]

_log = structlog.get_logger(__name__)


class Server:
    """Serves a WSGI application on every address in `listen` (`:10045`, `127.0.0.1:10045`, `[::1]:10045`).

    A client that is silent for `silent_seconds` is hung up on: it holds a thread, for which a scrape waits ten seconds
    at most. Stop it, or use it in a `with` statement: its threads outlive the one that made it. Raises
    ConfigurationError where an address is none, or is taken.
    """

    def __init__(
        self,
        application: _Wsgi,
        listen: Sequence[str],
        *,
        tls: Adapter | None = None,
        threads: int = 8,
        silent_seconds: float = 4,
    ) -> None:
        self._servers: list[wsgi.Server] = []
        self._threads: list[threading.Thread] = []
        try:
            for address in listen:
                self._servers.append(_prepared(application, address, tls, threads, silent_seconds))
        except ConfigurationError:
            self.stop()
            raise

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def addresses(self) -> list[str]:
        """Where it listens, with the ports that were given out for `:0`."""
        return [_written(server.bind_addr) for server in self._servers]

    def start(self) -> None:
        """Serve, in threads of its own."""
        for server in self._servers:
            thread = threading.Thread(target=server.serve, name="web", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Finish what is being answered, and stop."""
        for server in self._servers:
            server.stop()
        for thread in self._threads:
            thread.join()


def guarded_server(
    application: _Wsgi,
    listen: Sequence[str],
    web_config_file: Path | None,
    token_paths: Collection[str] = (),
    prefix: str = "",
) -> Server:
    """A server with TLS and authentication as a web configuration file says, plain and for everyone without one.

    `token_paths` are paths at which the application itself demands a bearer token, without the `prefix` that it strips.

    Raises ConfigurationError.
    """
    if web_config_file is None:
        return Server(application, listen)
    file = WebFile(web_config_file)
    guarded = Guarded(application, file, token_paths, prefix)
    return Server(guarded, listen, tls=Tls(file) if file.guard.context else None)


def parse_address(address: str) -> tuple[str, int]:
    """Host and port of a listen address; every address of the machine where it has no host.

    Raises ConfigurationError.

    >>> parse_address("127.0.0.1:10045"), parse_address("[::1]:10045")
    (('127.0.0.1', 10045), ('::1', 10045))
    """
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise ConfigurationError(
            f"{address!r} is not an address", where="--web.listen-address", mend="write it as :10045 or 127.0.0.1:10045"
        )
    return host.strip("[]") or _everywhere(), int(port)


def _everywhere() -> str:
    return "::" if socket.has_dualstack_ipv6() else "0.0.0.0"  # noqa: S104 - what an address without a host means


def _prepared(
    application: _Wsgi, address: str, tls: Adapter | None, threads: int, silent_seconds: float
) -> wsgi.Server:
    server = wsgi.Server(parse_address(address), application, numthreads=threads, server_name="mlflow-exporter")
    server.timeout = silent_seconds
    server.ssl_adapter = tls
    server.error_log = _report  # type: ignore[method-assign]  # cheroot's way to choose where errors go
    try:
        server.prepare()
    except OSError as error:
        mend = "stop what listens there, or choose another address"
        raise ConfigurationError(
            f"cannot listen on {address}: {error}", where="--web.listen-address", mend=mend
        ) from error
    return server


def _report(msg: str = "", level: int = 20, traceback: bool = False) -> None:
    _log.log(level, "web server", detail=msg, exc_info=traceback)


def _written(bound: Any) -> str:
    host, port = bound[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
