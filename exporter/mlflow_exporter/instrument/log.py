"""The prediction log: a bounded queue that requests put rows into, and one thread that writes them."""

from __future__ import annotations

import atexit
import math
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, Self

from prometheus_client import REGISTRY

from mlflow_exporter.instrument import families, jsonl
from mlflow_exporter.instrument.faults import Faults
from mlflow_exporter.instrument.forks import at_end_of_child, renew_after_fork
from mlflow_exporter.instrument.jsonl import JsonLines, recover_lines
from mlflow_exporter.instrument.parts import delete_older
from mlflow_exporter.instrument.privacy import Privacy
from mlflow_exporter.instrument.records import Given, Rows
from mlflow_exporter.instrument.writing import File, Policy, Writer

PERIOD_SECONDS: Final = 0.2
EXIT_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 3600.0


class PredictionLog:
    """Rows of predictions in `<folder>/<model>/<version>/`, as the source `log` reads them.

    A request leaves its rows in memory; a thread writes them within a fifth of a second to a hidden file, which it
    finishes (fsync, then rename) at `max_bytes` or after `max_age` seconds. So a killed process loses what it was told
    in its last fifth of a second, a machine without power what is in hidden files, and a finished file is whole. What
    a killed process left hidden is finished by the next log of the folder, and read by the source in any case.

    A file that a full disk does not let it finish is tried again every `max_age` seconds.

    The queue holds `queue_rows`. Beyond, and while the disk is full or away, rows are dropped and counted
    (`ml_prediction_log_dropped_total`); with `wait`, for batch jobs, whoever predicts waits for room in the queue.

    `leave_out` names columns (features or the log's own) that are not written, `hashed` those of which only a hash
    under the secret `key` is; `sample` is the share of the rows that is kept, chosen by a hash of their identifiers.
    `format` is "jsonl", or "parquet" where pyarrow is installed, which takes batches several times as fast. Finished
    files are deleted once they are `keep` seconds old, by default never; the thread looks for such once an hour.

    Raises ValueError for options that contradict each other, ImportError where the format needs pyarrow.
    """

    def __init__(  # noqa: PLR0913 -- a server's options, by name
        self,
        folder: str | Path,
        *,
        leave_out: Sequence[str] = (),
        hashed: Sequence[str] = (),
        key: str | bytes | None = None,
        sample: float = 1.0,
        max_bytes: int = 64 * 1024 * 1024,
        max_age: float = 10.0,
        queue_rows: int = 20_000,
        wait: bool = False,
        keep: float | None = None,
        format: Literal["jsonl", "parquet"] = "jsonl",  # noqa: A002 -- the word for it
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not 0 <= sample <= 1:
            raise ValueError(f"sample is {sample}: give a share from 0 to 1")
        if min(max_bytes, max_age, queue_rows, 1 if keep is None else keep) <= 0:
            raise ValueError("max_bytes, max_age, queue_rows and keep must be above 0")
        self.folder, self._queue_rows, self._wait = Path(folder), queue_rows, wait
        self._keep, self._clock, self._looked = keep, clock, -math.inf
        create, self._recover, block_rows = _format(format)
        self._faults = Faults(f"prediction log {folder}", lambda stage: None)
        policy = Policy(Privacy(leave_out, hashed, key), sample, max_bytes, max_age, block_rows)
        self._writer = Writer(self.folder, create, policy, self._faults, clock)
        self.renew()
        renew_after_fork(self)
        atexit.register(_close, weakref.ref(self))

    def renew(self) -> None:
        """Begin anew in a forked process: rows and files there are the parent's."""
        self._writer.abandon()
        self._queue: deque[Rows] = deque()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting_rows = self._put_batches = self._finished_batches = 0
        self._is_awake = self._is_flushing = self._is_closed = False
        self._is_finished = True
        self._thread: threading.Thread | None = None

    def put(self, batch: Rows) -> None:
        """Leave rows to be written; those that find no room are dropped."""
        rows = batch.rows
        with self._lock:
            if self._wait:
                self._changed.wait_for(lambda: self._is_closed or self._has_room(rows))
            if self._is_closed or not self._has_room(rows):
                batch.dropped(rows)
                return
            self._queue.append(batch)
            self._waiting_rows += rows
            self._put_batches += 1
            if self._thread is None:
                self._start()
            if 2 * self._waiting_rows > self._queue_rows:
                self._wake()

    def write(self, model: str, version: str | int, records: Sequence[Mapping[str, Any]]) -> None:
        """Leave rows to be written that nobody monitored; each has the log's columns, `request_id` at least."""
        key = model, str(version)
        self.put(Given(*key, records, families.bind(REGISTRY).child(families.DROPPED, *key).inc))

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until every row that was put is in a finished file, or counted as dropped.

        False where `timeout` seconds were too few, or the disk does not let a file be finished yet.
        """
        with self._lock:
            wanted, self._is_flushing = self._put_batches, True
            self._wake()
            return self._changed.wait_for(lambda: self._finished_batches >= wanted, timeout) and self._is_finished

    def close(self, timeout: float | None = EXIT_SECONDS) -> None:
        """Write what is waiting, and end; at exit this is done by itself. Rows put from now on are dropped."""
        with self._lock:
            self._is_closed = True
            self._wake()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _has_room(self, rows: int) -> bool:
        """Whether the queue has room for rows; an empty one has for any batch."""
        return not self._waiting_rows or self._waiting_rows + rows <= self._queue_rows

    def _wake(self) -> None:
        self._is_awake = True
        self._changed.notify_all()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="prediction log", daemon=True)
        self._thread.start()
        at_end_of_child(partial(_close, weakref.ref(self)))

    def _run(self) -> None:
        self._faults.attempt("recovery", self._recover, self.folder)
        self._delete()
        while self._step():
            self._delete()

    def _delete(self) -> None:
        """Delete what is too old, now and then."""
        if self._keep is not None and self._clock() - self._looked >= LOOK_SECONDS:
            self._looked = self._clock()
            self._faults.attempt("deletion", delete_older, self.folder, time.time() - self._keep)

    def _step(self) -> bool:
        """Write what has come in; whether there is more to do."""
        with self._lock:
            self._changed.wait_for(lambda: self._is_awake, PERIOD_SECONDS)
            batches, self._queue = self._queue, deque()
            is_closed, is_flushing, put = self._is_closed, self._is_flushing, self._put_batches
            self._is_awake = self._is_flushing = False
        # Whatever is raised, the thread goes on: without it, who waits for room would wait for ever.
        self._faults.attempt("log", self._writer.write, batches)
        with self._lock:
            self._waiting_rows -= sum(batch.rows for batch in batches)
            self._changed.notify_all()
        if not (is_closed or is_flushing):
            self._writer.rotate()
            return True
        is_finished = self._writer.finish()
        if is_closed:
            self._writer.abandon()
        with self._lock:
            self._finished_batches, self._is_finished = put, is_finished
            self._changed.notify_all()
        return not is_closed


def _format(name: str) -> tuple[Callable[[Path], File], Callable[[Path], list[Path]], int]:
    """How a file of the format is made, how what was left of one is recovered, and how many rows it takes at once."""
    if name == "jsonl":
        return JsonLines, recover_lines, jsonl.BLOCK_ROWS
    if name == "parquet":
        from mlflow_exporter.instrument import parquet  # noqa: PLC0415 -- needs pyarrow

        return parquet.Parquet, parquet.recover_tables, parquet.BLOCK_ROWS
    raise ValueError(f"there is no format {name!r}: give jsonl or parquet")


def _close(log: weakref.ref[PredictionLog]) -> None:
    alive = log()
    if alive is not None:
        alive.close()
