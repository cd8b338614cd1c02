"""What guards the web server: the web configuration file, and the certificates and passwords that it tells."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import structlog

from mlflow_exporter.config.loading import load_web
from mlflow_exporter.config.web import WebSettings
from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.web.certificates import tls_context

_Stamp: TypeAlias = tuple[tuple[int, int, int] | None, ...]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Guard:
    """A web configuration, ready for use: bcrypt hashes by user, headers of every answer, TLS or None."""

    users: Mapping[str, bytes]
    headers: Mapping[str, str]
    context: ssl.SSLContext | None


class WebFile:
    """The web configuration file in force.

    As with every Prometheus exporter, a change of it, or of a certificate, counts from the next request on; one that is
    wrong is logged and changes nothing. Raises ConfigurationError where it is wrong from the start.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._files, self._stamp = [path], _stamp([path])
        self._guard = self._read()

    @property
    def guard(self) -> Guard:
        """What is in force."""
        with self._lock:
            if _stamp(self._files) != self._stamp:
                self._read_anew()
            return self._guard

    def _read_anew(self) -> None:
        try:
            self._guard = self._same_protocol(self._read())
        except ConfigurationError as error:
            _log.error("the web configuration was not read anew, the old one stays in force", error=str(error))
        else:
            _log.info("the web configuration was read anew")

    def _same_protocol(self, found: Guard) -> Guard:
        if (found.context is None) is (self._guard.context is None):
            return found
        where = f"{self._path}: tls_server_config"
        raise ConfigurationError("TLS begins and ends with the exporter", where=where, mend="restart it")

    def _read(self) -> Guard:
        self._stamp = _stamp(self._files)  # before reading: what changes meanwhile is read once more
        settings = load_web(self._path)
        self._files = [self._path, *_named(settings)]
        self._stamp = (*self._stamp[:1], *_stamp(self._files[1:]))
        users = {name: secret.get_secret_value().encode() for name, secret in settings.basic_auth_users.items()}
        headers = settings.http_server_config.headers.model_dump(by_alias=True, exclude_none=True)
        tls = settings.tls_server_config
        return Guard(users, headers, tls_context(tls, self._path) if tls else None)


def _named(settings: WebSettings) -> Iterator[Path]:
    tls = settings.tls_server_config
    if tls is not None:
        yield from (Path(name) for name in (tls.cert_file, tls.key_file, tls.client_ca_file) if name)


def _stamp(files: list[Path]) -> _Stamp:
    """What changes when a file does; None for one that is not there."""
    return tuple(map(_one_stamp, files))


def _one_stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
