from __future__ import annotations

import os
import signal

from mlflow_exporter.cli.signals import HANDLED, received


def test_signals_become_values_in_their_order() -> None:
    """A signal is waiting in the queue for whoever asks."""
    with received() as arrived:
        for number in HANDLED:
            os.kill(os.getpid(), number)
        assert [arrived.get(timeout=5) for _ in HANDLED] == list(HANDLED)


def test_handlers_are_put_back() -> None:
    """Afterwards signals do what they did before."""
    before = [signal.getsignal(number) for number in HANDLED]
    with received():
        assert [signal.getsignal(number) for number in HANDLED] != before
    assert [signal.getsignal(number) for number in HANDLED] == before
