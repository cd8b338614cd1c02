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
        path = environ["PATH_INFO"]
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            environ["PATH_INFO"] = path.removeprefix(self._prefix) or "/"
        return self._application(environ, start_response)
