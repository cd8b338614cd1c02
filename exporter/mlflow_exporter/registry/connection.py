"""Calls to MLflow that are over in time, whatever MLflow does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

from mlflow_exporter.errors import RegistryUnavailable
from mlflow_exporter.registry.address import Address
from mlflow_exporter.registry.environment import prepare
from mlflow_exporter.registry.failures import translated, unanswered

if TYPE_CHECKING:
    from mlflow import MlflowClient

Answer = TypeVar("Answer")

_DATABASE_STORES = ("mlflow.store.tracking.sqlalchemy_store", "mlflow.store.model_registry.sqlalchemy_store")
"""What MLflow imports when it first opens a database."""


class Connection:
    """MLflow at one address; safe to use from any thread.

    A call runs in a thread of its own and is given up after its time: a timeout of the HTTP client bounds each wait
    for bytes but not their sum over pages, redirects and name look-ups, and does nothing for databases and object
    stores. Once MLflow did not answer, further calls fail at once for `timeout` seconds (measured by `clock`), so that
    a refresh of many models waits once.
    """

    def __init__(self, address: Address, timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.address = address
        self._timeout = timeout
        self._clock = clock
        self._silence: tuple[RegistryUnavailable, float] | None = None

    def ask(self, question: Callable[[MlflowClient], Answer]) -> Answer:
        """The answer to a question, within the timeout.

        Raises RegistryUnavailable where there is none, RegistryError where it is an error.
        """
        self._refuse_while_silent()
        try:
            return self._answered(question, self._timeout)
        except RegistryUnavailable as failure:
            self._silence = failure, self._clock() + self._timeout
            raise

    def transfer(self, question: Callable[[MlflowClient], Answer], seconds: float) -> Answer:
        """As `ask`, for what may take longer: its failure does not speak for the others."""
        self._refuse_while_silent()
        return self._answered(question, seconds)

    def _refuse_while_silent(self) -> None:
        if self._silence is None:
            return
        failure, end = self._silence
        if self._clock() < end:
            raise RegistryUnavailable(failure.what, where=failure.where, mend=failure.mend)

    def _answered(self, question: Callable[[MlflowClient], Answer], seconds: float) -> Answer:
        client = self._loaded()
        future = _started(lambda: question(client(tracking_uri=self.address.uri)))
        if not wait([future], seconds).done:
            raise unanswered(self.address, seconds)
        error = future.exception()
        if error is not None:
            raise translated(error, self.address) from error
        return future.result()

    def _loaded(self) -> type[MlflowClient]:
        # Outside of the call: importing takes seconds that are not MLflow's.
        prepare(self._timeout)
        from mlflow import MlflowClient  # noqa: PLC0415 - loads when first used

        if self.address.is_database:
            self._load_stores()
        return MlflowClient

    def _load_stores(self) -> None:
        try:
            for store in _DATABASE_STORES:
                import_module(store)
        except ImportError as error:
            raise translated(error, self.address) from error


def _started(call: Callable[[], Answer]) -> Future[Answer]:
    """The future of a call in a thread that never holds up the end of the process."""
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except Exception as error:  # noqa: BLE001 - handed over to the caller, who raises it
            future.set_exception(error)

    threading.Thread(target=run, name="mlflow-call", daemon=True).start()
    return future
