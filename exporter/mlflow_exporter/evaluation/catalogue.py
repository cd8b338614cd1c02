"""What the registry said last: read in the background, so that a registry that is away never holds up an evaluation."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

from mlflow_exporter.errors import RegistryError, RegistryUnavailable
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.runs import RunCounts
from mlflow_exporter.registry.snapshot import RegisteredVersion, RegistrySnapshot


@dataclass(frozen=True, slots=True)
class RegistryState:
    """The last answers, and the error of the last question where it was not answered.

    Runs are counted beside: that takes long, so that where it fails the registry may answer everything else.
    """

    snapshot: RegistrySnapshot | None = None
    runs: RunCounts | None = None
    error: RegistryError | None = None
    runs_error: RegistryError | None = None

    @property
    def up(self) -> bool:
        """Whether the last question was answered."""
        return self.error is None and self.snapshot is not None


class Catalogue:
    """The registry as it was at the last refresh; safe to use from any thread."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._state = RegistryState()
        self._lock = threading.Lock()

    @property
    def state(self) -> RegistryState:
        return self._state

    def refresh(self) -> RegistryState:
        """Ask the registry; what it said before stays where it does not answer."""
        try:
            return self._change(snapshot=self.registry.snapshot(), error=None)
        except RegistryError as error:
            return self._change(error=error)

    def count_runs(self) -> RegistryState:
        """Count the registry's runs, which takes longer, so that it is done less often."""
        try:
            return self._change(runs=self.registry.run_counts(), runs_error=None)
        except RegistryError as error:
            return self._change(runs_error=error)

    def _change(self, **changes: Any) -> RegistryState:
        # Held for the change alone: no question waits for the answer to another.
        with self._lock:
            self._state = replace(self._state, **changes)
            return self._state

    def resolve(self, name: str, wanted: str) -> RegisteredVersion:
        """The version that a configuration means.

        Raises ModelNotFound, and RegistryUnavailable where the registry has not answered yet.
        """
        snapshot = self._state.snapshot
        if snapshot is None:
            raise self._state.error or RegistryUnavailable("the registry has not been read yet", where=name)
        return snapshot.resolve(name, wanted)
