"""Who may ask: basic authentication (RFC 7617) of every request, with bcrypt hashes."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

import bcrypt
from werkzeug.datastructures import Authorization, Headers
from werkzeug.wrappers import Response

from mlflow_exporter.web.guard import WebFile
from mlflow_exporter.web.prefix import without_prefix

_Wsgi: TypeAlias = Callable[[dict[str, Any], Any], Iterable[bytes]]

_REMEMBERED = 100
_MOST_BYTES = 72
"""What bcrypt takes of a password; more than that cannot have been hashed."""
_NOBODY = b"$2b$10$" + b"." * 53
"""Compared for an unknown user, so that the time an answer takes does not tell which users there are."""


class Guarded:
    """A WSGI application that answers only whom a web configuration admits, with the headers that it asks for.

    `token_paths` are those at which the application itself demands a bearer token; requests that bring one are its to
    judge. They are without the `prefix` that the application strips from what is asked for.
    """

    def __init__(self, application: _Wsgi, file: WebFile, token_paths: Collection[str] = (), prefix: str = "") -> None:
        self._application, self._file, self._token_paths = application, file, frozenset(token_paths)
        self._prefix = prefix
        self._passwords = Passwords()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        guard = self._file.guard

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, _replaced(headers, guard.headers), *rest)

        if not guard.users or self._is_judged_by_the_application(environ) or self._admits(guard.users, environ):
            return self._application(environ, start)
        return _refusal()(environ, start)

    def _is_judged_by_the_application(self, environ: dict[str, Any]) -> bool:
        """Whether a token is sent to where tokens are asked for: a request cannot bring a password besides."""
        given = Authorization.from_header(environ.get("HTTP_AUTHORIZATION"))
        path = without_prefix(environ["PATH_INFO"], self._prefix)
        return given is not None and given.type == "bearer" and path in self._token_paths

    def _admits(self, users: Mapping[str, bytes], environ: dict[str, Any]) -> bool:
        given = Authorization.from_header(environ.get("HTTP_AUTHORIZATION"))
        if given is None or given.type != "basic":
            return False
        return self._passwords.match(users, str(given.username), str(given.password))


class Passwords:
    """Compares passwords with bcrypt hashes, and remembers the last answers: a comparison takes 50 ms of a core."""

    def __init__(self, compare: Callable[[bytes, bytes], bool] = bcrypt.checkpw) -> None:
        self._compare, self._lock = compare, threading.Lock()
        self._key, self._known = os.urandom(32), dict[bytes, bool]()

    def match(self, users: Mapping[str, bytes], user: str, password: str) -> bool:
        """Whether the password is the user's; one comparison at a time, so that guessing takes no more than a core."""
        secret, hashed = password.encode(), users.get(user, _NOBODY)
        digest = hashlib.blake2b(secret, key=self._key, salt=hashlib.blake2b(hashed, digest_size=16).digest()).digest()
        with self._lock:
            if digest not in self._known:
                self._remember(digest, len(secret) <= _MOST_BYTES and self._compare(secret, hashed))
            return self._known[digest] and user in users

    def _remember(self, digest: bytes, matches: bool) -> None:
        if len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[digest] = matches


def _refusal() -> Response:
    challenge = {"WWW-Authenticate": 'Basic realm="mlflow-exporter", charset="UTF-8"'}
    return Response("Unauthorized: give a user and a password that the web configuration has.\n", 401, challenge)


def _replaced(headers: list[tuple[str, str]], others: Mapping[str, str]) -> list[tuple[str, str]]:
    replaced = Headers(headers)
    for name, value in others.items():
        replaced[name] = value
    return replaced.to_wsgi_list()
