from __future__ import annotations

import threading
from collections import namedtuple

import psutil
import pytest

from mlflow_exporter.host.cpu import SHORTEST_SECONDS, Cpu

Times = namedtuple("Times", ["user", "system", "idle", "iowait", "guest"])  # noqa: PYI024 - psutil's own are such


class Machine:
    """CPU times and a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.times = Times(user=100.0, system=50.0, idle=800.0, iowait=50.0, guest=30.0)

    def spend(self, seconds: float, **modes: float) -> None:
        self.now += seconds
        self.times = self.times._replace(**{mode: getattr(self.times, mode) + add for mode, add in modes.items()})


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose CPU times psutil reports."""
    machine = Machine()
    monkeypatch.setattr(psutil, "cpu_times", lambda: machine.times)
    return machine


def test_no_ratio_before_the_second_measurement(machine: Machine) -> None:
    """The share since boot, or over an instant, is never passed off as the present one."""
    cpu = Cpu(lambda: machine.now)
    machine.spend(SHORTEST_SECONDS / 2, user=1.0)

    assert cpu.ratio() is None


def test_ratio_is_busy_over_all_since_the_measurement_before(machine: Machine) -> None:
    """User and system time are busy; idle time, waiting for a disk and a guest's time counted twice are not."""
    cpu = Cpu(lambda: machine.now)
    machine.spend(10, user=2.0, system=1.0, idle=6.0, iowait=1.0, guest=2.0)
    first = cpu.ratio()
    machine.spend(10, idle=10.0)

    assert (first, cpu.ratio()) == pytest.approx((0.3, 0.0))


def test_calls_close_together_share_one_measurement(machine: Machine) -> None:
    """Two scrapers at the same moment see the same ratio, not the noise between them."""
    cpu = Cpu(lambda: machine.now)
    machine.spend(10, user=5.0, idle=5.0)
    first = cpu.ratio()
    machine.spend(SHORTEST_SECONDS / 2, user=1.0)

    assert (first, cpu.ratio()) == (0.5, 0.5)


def test_threads_share_the_measurement(machine: Machine) -> None:
    """A thread that never asked before gets a ratio as well, unlike from psutil.cpu_percent."""
    cpu = Cpu(lambda: machine.now)
    machine.spend(10, user=5.0, idle=5.0)
    seen: list[float | None] = []
    thread = threading.Thread(target=lambda: seen.append(cpu.ratio()))
    thread.start()
    thread.join()

    assert seen == [0.5]


def test_counters_that_run_backwards_stay_in_range(machine: Machine) -> None:
    """Linux's iowait may decrease, which must not show as a ratio beyond 1 or below 0."""
    cpu = Cpu(lambda: machine.now)
    machine.spend(10, user=5.0, idle=5.0, iowait=-2.0)
    more = cpu.ratio()
    machine.spend(10, user=-1.0, idle=5.0)

    assert (more, cpu.ratio()) == pytest.approx((5 / 8, 0.0))


def test_a_real_busy_thread_is_seen() -> None:
    """On the real machine, burning CPU time gives a ratio above 0 and at most 1."""
    now = 0.0
    cpu = Cpu(lambda: now)
    end = psutil.Process().cpu_times().user + 0.2
    while psutil.Process().cpu_times().user < end:
        sum(range(10_000))
    now = SHORTEST_SECONDS
    ratio = cpu.ratio()

    assert ratio is not None
    assert 0 < ratio <= 1
