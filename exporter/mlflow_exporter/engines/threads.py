"""Work shared out over threads that belong to one call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

Result = TypeVar("Result")


def share_out(work: Callable[[list[int]], None], parts: list[list[int]], threads: int) -> None:
    """Do the work for every part; each thread, of which the caller is one, has every so manieth part."""

    def do_share(number: int) -> None:
        for part in parts[number::threads]:
            work(part)

    others = [begin(partial(do_share, number), f"engine-{number}") for number in range(1, min(threads, len(parts)))]
    do_share(0)
    for other in others:
        other.result()


def begin(work: Callable[[], Result], name: str) -> Future[Result]:
    """What the work gives once it ends: done in a thread that the end of the process does not wait for."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 -- handed over to the caller, who raises it
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future
