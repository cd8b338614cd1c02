"""An application under a path of its own, behind a reverse proxy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

_Wsgi: TypeAlias = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Prefixed:
    """A WSGI application whose links begin with `prefix`, whether or not the proxy strips it from requests."""

    def __init__(self, application: _Wsgi, prefix: str) -> None:
        self._application = application
        self._prefix = prefix.rstrip("/")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = self._prefix
        environ["PATH_INFO"] = without_prefix(environ["PATH_INFO"], self._prefix)
        return self._application(environ, start_response)


def without_prefix(path: str, prefix: str) -> str:
    """The path as the application knows it, whether or not the proxy has stripped the prefix.

    >>> [without_prefix(path, "/ml/") for path in ("/ml/alerts", "/alerts", "/ml", "/mlflow")]
    ['/alerts', '/alerts', '/', '/mlflow']
    """
    prefix = prefix.rstrip("/")
    if path == prefix or path.startswith(f"{prefix}/"):
        return path.removeprefix(prefix) or "/"
    return path
