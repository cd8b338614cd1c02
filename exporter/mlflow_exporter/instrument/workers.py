"""The metrics of a server's processes, added up."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.multiprocess import MultiProcessCollector


class WorkersCollector(MultiProcessCollector):
    """The Prometheus client's collector of several processes, which an empty file does not stop.

    A process makes its file before it gives it a size. A scrape at that moment fails with the client's own collector,
    and where the process is killed then, every scrape from there on (client_python, issue 1199).

    Raises ValueError where the folder (PROMETHEUS_MULTIPROC_DIR, unless `path` is given) does not exist.
    """

    def __init__(self, registry: CollectorRegistry | None, path: str | None = None) -> None:
        super().__init__(registry, path)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterable[Metric]:
        """The metrics of all processes, those that have ended included."""
        files = [str(file) for file in Path(self._path).glob("*.db") if _has_begun(file)]
        merged: Iterable[Metric] = self.merge(files)  # type: ignore[no-untyped-call]
        return merged


def _has_begun(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:  # of calls in progress: it goes with its process
        return False
