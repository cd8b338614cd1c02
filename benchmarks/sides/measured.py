"""What every side tells: its seconds and its peak memory, as a line of JSON."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable


def report(work: Callable[[], object]) -> None:
    """Do the work, and print what it cost."""
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": megabytes}))
