from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from mlflow_exporter.demo.sending import sent


class Traffic:
    """Counts how often it is written."""

    def __init__(self) -> None:
        self.written = 0

    def write(self) -> None:
        self.written += 1


def test_traffic_flows_until_the_end(wait_until: Callable[..., Any]) -> None:
    """It is written again and again in the background, and no more once the end was reached."""
    traffic: Any = Traffic()
    with sent(traffic):
        wait_until(lambda: traffic.written > 1)
        assert any(thread.name == "traffic" for thread in threading.enumerate())
    assert not any(thread.name == "traffic" for thread in threading.enumerate())
