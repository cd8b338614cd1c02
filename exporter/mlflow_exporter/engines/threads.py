"""Work shared out over threads that belong to one call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future


def share_out(work: Callable[[list[int]], None], parts: list[list[int]], threads: int) -> None:
    """Do the work for every part; each thread, of which the caller is one, has every so manieth part."""

    def do_share(number: int) -> None:
        for part in parts[number::threads]:
            work(part)

    others = [_started(do_share, number) for number in range(1, min(threads, len(parts)))]
    do_share(0)
    for other in others:
        other.result()


def _started(work: Callable[[int], None], number: int) -> Future[None]:
    """When the work ends, and how: done in a thread that the end of the process does not wait for."""
    future: Future[None] = Future()

    def run() -> None:
        try:
            work(number)
        except Exception as error:  # noqa: BLE001 -- handed over to the caller, who raises it
            future.set_exception(error)
        else:
            future.set_result(None)

    threading.Thread(target=run, name=f"engine-{number}", daemon=True).start()
    return future
