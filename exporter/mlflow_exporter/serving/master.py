"""The first process: it finds the models, opens the port, and keeps gunicorn's workers running.

Every worker loads the models from the copies that it fetched (with `preload`, it loads them itself before it forks) and
follows the aliases on its own; a worker that starts later begins with what the others chose last.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from prometheus_client.multiprocess import mark_process_dead

from mlflow_exporter.config.serving import ServingSettings
from mlflow_exporter.errors import (
    ConfigurationError,
    MlflowExporterError,
    ModelNotFound,
    ModelRefused,
    RegistryError,
)
from mlflow_exporter.serving.addresses import parse_address
from mlflow_exporter.serving.copies import Copies, Copy
from mlflow_exporter.serving.loading import read
from mlflow_exporter.serving.model_uri import ModelUri
from mlflow_exporter.serving.origin import Origin
from mlflow_exporter.serving.repeats import say_once
from mlflow_exporter.serving.routing import Split
from mlflow_exporter.serving.worker import MAIN, SHADOW, SPLIT, Start, Worker, beating

BACKLOG = 2048

_log = structlog.get_logger(__name__)


def serve(settings: ServingSettings, tracking_uri: str, timeout: float) -> None:
    """Serve until SIGTERM or SIGINT; raises MlflowExporterError where that cannot even begin."""
    say_once()
    with tempfile.TemporaryDirectory(prefix="mlflow-exporter-serve-") as name, _listening(settings.listen) as listener:
        start = _found(settings, tracking_uri, timeout, Path(name))
        _log.info("started", listen=_written(listener), workers=settings.workers, threads=settings.threads)
        _run(_Arbiter(_Gunicorn(start, listener)))
    _log.info("stopped")


def _run(arbiter: Arbiter) -> None:
    first = os.getpid()
    try:
        arbiter.run()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
        if os.getpid() != first:
            # A worker ends here, inside of what the first process cleans up when it ends.
            os._exit(code)
        if code:
            raise ModelRefused("no worker could begin to serve", mend="the log says why") from ended


def _found(settings: ServingSettings, tracking_uri: str, timeout: float, folder: Path) -> Start:
    origins = {role: Origin(uri, tracking_uri, timeout) for role, uri in _uris(settings).items()}
    start = Start(settings, origins, folder)
    copies = {role: copy for role in origins if (copy := _first(role, start)) is not None}
    preloaded = {copy.key: read(copy) for copy in copies.values()} if settings.preload else {}
    return Start(settings, origins, folder, copies, preloaded)


def _uris(settings: ServingSettings) -> dict[str, ModelUri]:
    if settings.model_uri is None:
        mend = "give it, as in --model-uri models:/churn@champion, or as serving.model_uri in the configuration"
        raise ConfigurationError("no model is named", where="--model-uri", mend=mend)
    uris = {MAIN: ModelUri.parse(settings.model_uri)}
    if settings.split:
        uris[SPLIT] = Split.parse(settings.split).uri
    if settings.shadow:
        uris[SHADOW] = ModelUri.parse(settings.shadow)
    return uris


def _first(role: str, start: Start) -> Copy | None:
    """The copy to begin with; of the main role the fallback's where MLflow does not give one."""
    origin = start.origins[role]
    try:
        return origin.fetch(origin.resolve(), Copies(start.folder / role))
    except RegistryError as error:
        return _instead(role, start, error)


def _instead(role: str, start: Start, error: RegistryError) -> Copy | None:
    kept = start.fallback.chosen() if start.fallback and role == MAIN else None
    if role == MAIN and (kept is None or isinstance(error, ModelNotFound)):
        raise error
    _log.warning("MLflow did not give the model", role=role, error=str(error), instead=kept and str(kept.key))
    return kept


@contextmanager
def _listening(address: str) -> Iterator[socket.socket]:
    """A socket bound to an address; gunicorn would try for five seconds, and end without a reason."""
    host, port = parse_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=host == "::")
    except OSError as error:
        mend = "stop what listens there, or choose another address"
        raise ConfigurationError(
            f"cannot listen on {address}: {error.strerror}", where="--listen", mend=mend
        ) from error
    with listener:
        yield listener


def _written(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _QuietLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's messages go where all others go."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True


class _Arbiter(Arbiter):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's first process, which a SIGHUP does not disturb."""

    def handle_hup(self) -> None:
        """Say what to do instead: gunicorn's reload ends workers before new ones have loaded the model."""
        _log.warning("SIGHUP changes nothing: an alias is followed by itself, other options need a restart")


class _Gunicorn(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn with the workers of this server."""

    def __init__(self, start: Start, listener: socket.socket) -> None:
        self._start, self._listener = start, listener
        self._beat: Any = None
        self._worker: Worker | None = None
        super().__init__()

    def load_config(self) -> None:
        settings = self._start.settings
        chosen = {
            # gunicorn closes the descriptor it is given.
            "bind": f"fd://{os.dup(self._listener.fileno())}",
            "backlog": BACKLOG,
            "child_exit": _count_out,
            "control_socket_disable": True,
            "graceful_timeout": max(1, round(settings.graceful_timeout)),
            "logger_class": _QuietLogger,
            "post_fork": self._forked,
            "proc_name": "mlflow-exporter serve",
            "threads": settings.threads,
            "worker_class": "gthread",
            "worker_exit": self._exited,
            "workers": settings.workers,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application of a worker, which is alive while it loads its models."""
        worker = self._worker = Worker(self._start)
        try:
            return beating(lambda: worker.begin(self._start), self._beat)
        except MlflowExporterError as error:
            _log.error("the worker cannot serve", error=str(error))
            sys.exit(Arbiter.APP_LOAD_ERROR)

    def _forked(self, _arbiter: Any, worker: Any) -> None:
        self._beat = worker.notify

    def _exited(self, _arbiter: Any, _worker: Any) -> None:
        if self._worker is not None:
            self._worker.close()


def _count_out(_arbiter: Any, worker: Any) -> None:
    """Gauges of a worker that has died count no more; its counters stay in the totals."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
