"""Scoring a copy of the traffic by another model, off the path of the requests."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.instrument import request_id
from mlflow_exporter.serving import families
from mlflow_exporter.serving.bodies import Body
from mlflow_exporter.serving.served import ServedModel

CLOSING_SECONDS = 10.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Copied:
    """What is scored again, under the request's own id, by another version than `answered`."""

    body: Body
    request_id: str
    answered: ModelKey


class Shadow:
    """One thread that scores what it is given by the model that `current` names.

    More than `waiting` requests, or `waiting_bytes` of them, are dropped and counted.
    """

    def __init__(
        self,
        current: Callable[[], ServedModel | None],
        max_rows: int,
        waiting: int = 1000,
        waiting_bytes: int = 64_000_000,
    ) -> None:
        self._current, self._max_rows = current, max_rows
        self._waiting, self._waiting_bytes, self._bytes = waiting, waiting_bytes, 0
        self._queue: deque[Copied] = deque()
        self._changed = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)
        self._thread.start()

    def offer(self, body: Body, identifier: str, answered: ModelKey) -> None:
        """Score it soon, or drop it and count that; never waits for the model.

        The version that answered is not asked again: its prediction would be counted and logged twice.
        """
        model = self._other(answered)
        if model is None:
            return
        with self._changed:
            fits = len(self._queue) < self._waiting and self._bytes + len(body.content) <= self._waiting_bytes
            if fits:
                self._queue.append(Copied(body, identifier, answered))
                self._bytes += len(body.content)
                self._changed.notify()
        if not fits:
            families.SHADOW_DROPPED.labels(model.key.name).inc()

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """Score what waits, for so long at most, then end."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(seconds)

    def _work(self) -> None:
        while (copied := self._next()) is not None:
            model = self._other(copied.answered)
            if model is not None:
                self._score(model, copied)
            del model, copied  # a model that was swapped out is let go, however long the next request takes to come

    def _other(self, answered: ModelKey) -> ServedModel | None:
        model = self._current()
        return None if model is None or model.key == answered else model

    def _next(self) -> Copied | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closing)
            if not self._queue:
                return None
            copied = self._queue.popleft()
            self._bytes -= len(copied.body.content)
            return copied

    def _score(self, model: ServedModel, copied: Copied) -> None:
        try:
            question = copied.body.read(model, self._max_rows)
            with request_id(copied.request_id):
                model.predict(question.rows, question.params)
        except Exception as error:  # noqa: BLE001 -- whatever a model raises, the next request is scored
            kind = type(error).__name__
            _log.warning(
                "the shadow did not answer", request_id=copied.request_id, version=model.key.version, error=kind
            )
