"""One worker process: it builds the server that answers, follows the aliases, and ends in good order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from flask import Flask
from mlflow.pyfunc import PyFuncModel

from mlflow_exporter.config.serving import ServingSettings
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.serving.application import create_app
from mlflow_exporter.serving.copies import Copies, Copy
from mlflow_exporter.serving.following import Following
from mlflow_exporter.serving.heap import settle
from mlflow_exporter.serving.instruments import Instruments
from mlflow_exporter.serving.loading import Loader
from mlflow_exporter.serving.origin import Origin
from mlflow_exporter.serving.routing import Split
from mlflow_exporter.serving.server import ScoringServer
from mlflow_exporter.serving.shadow import Shadow

MAIN, SPLIT, SHADOW = "main", "split", "shadow"
_BEAT_SECONDS = 1.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Start:
    """What the first process found out for its workers: where models come from, and the version to begin with."""

    settings: ServingSettings
    origins: Mapping[str, Origin]
    folder: Path
    copies: Mapping[str, Copy] = field(default_factory=dict)
    preloaded: Mapping[ModelKey, PyFuncModel] = field(default_factory=dict)

    @property
    def fallback(self) -> Copies | None:
        """The copy that outlives the server."""
        return Copies(Path(self.settings.fallback)) if self.settings.fallback else None


class Worker:
    """The server of one process; `close` it when the last request is answered."""

    def __init__(self, start: Start) -> None:
        settings = start.settings
        self._refresh = settings.refresh
        first = start.copies.get(MAIN)
        self._instruments = Instruments(settings, first.key if first else None)
        self._loader = Loader(self._instruments.monitor, settings.probabilities, start.preloaded)
        roles = {role: self._role(role, start) for role in start.origins}
        shadowing = roles.get(SHADOW)
        self._shadow = None if shadowing is None else Shadow(lambda: shadowing.current, settings.max_rows)
        self.server = ScoringServer(
            main=roles[MAIN],
            max_rows=settings.max_rows,
            split=Split.parse(settings.split) if settings.split else None,
            challenger=roles.get(SPLIT),
            split_key=settings.split_key,
            shadow=self._shadow,
            shadowing=shadowing,
        )
        self._stopping = threading.Event()
        self._follower = threading.Thread(target=self._follow, name="follow", daemon=True)

    def begin(self, start: Start) -> Flask:
        """Load the models and follow them from now on; the application. Raises ModelRefused."""
        for role in self.server.roles:
            role.begin(_candidates(role, start))
        settle()
        if any(role.origin.uri.moves for role in self.server.roles):
            self._follower.start()
        return create_app(self.server, max_bytes=start.settings.max_bytes)

    def close(self) -> None:
        """Follow no more, finish the shadow's work, and flush the log."""
        self._stopping.set()
        if self._shadow is not None:
            self._shadow.close()
        self._instruments.close()

    def _role(self, role: str, start: Start) -> Following:
        return Following(
            role,
            start.origins[role],
            Copies(start.folder / role),
            self._loader,
            fallback=start.fallback if role == MAIN else None,
            optional=role != MAIN,
        )

    def _follow(self) -> None:
        swapped = False
        while not self._stopping.is_set():
            if swapped:
                settle()  # a round later, when no request has the old model any more
            changed = [self._polled(role) for role in self.server.roles if role.origin.uri.moves]
            swapped = any(changed)
            self._stopping.wait(self._refresh)

    def _polled(self, role: Following) -> bool:
        """Whether the role has another model than before."""
        before = role.current
        try:
            role.poll()
        except Exception:  # noqa: BLE001 -- whatever happens to one role, all are asked for again next time
            _log.exception("following failed", role=role.role)
        return role.current is not before


def _candidates(role: Following, start: Start) -> list[Copy]:
    """What another worker chose already, what the server began with, what an earlier one served last."""
    chosen = role.copies.chosen()
    kept = role.fallback.chosen() if role.fallback else None
    return list(dict.fromkeys(copy for copy in (chosen, start.copies.get(role.role), kept) if copy is not None))


def beating(call: Callable[[], Flask], beat: Callable[[], None]) -> Flask:
    """The result of a call that may take minutes, while `beat` says every second that it is alive."""
    with ThreadPoolExecutor(1) as pool:
        future: Future[Flask] = pool.submit(call)
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        while not done.wait(_BEAT_SECONDS):
            beat()
        return future.result()
