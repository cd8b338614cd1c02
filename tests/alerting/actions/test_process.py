from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.alerting.actions import process
from mlflow_exporter.alerting.actions.action import OUTPUT_LIMIT, Leash
from mlflow_exporter.alerting.actions.process import output_of
from mlflow_exporter.errors import ActionError, ActionTimeout


def shell(script: str, leash: Leash, **options: Any) -> str:
    return output_of(["sh", "-c", script], leash, **{"variables": {}, **options})


def gone(pid_file: Path) -> bool:
    """Whether the process whose number is in a file is no more, or only waits for its parent."""
    try:
        return Path(f"/proc/{pid_file.read_text().strip()}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


def test_input_environment_and_output(leash: Leash) -> None:
    """The program reads what it is given, sees its variables beside ours, and both its outputs are kept."""
    said = shell("cat; echo $A $HOME; echo err >&2", leash, given=b"in\n", variables={"A": "1"})
    assert said == f"in\n1 {os.environ['HOME']}\nerr"


@pytest.mark.parametrize(
    ("script", "said"),
    (
        ("echo why; exit 3", "it ended with exit code 3:\nwhy"),
        ("kill -9 $$", "it ended with signal 9, without a word"),
    ),
)
def test_a_program_that_fails_says_why(leash: Leash, script: str, said: str) -> None:
    """Its exit code and its last words are the error."""
    with pytest.raises(ActionError) as caught:
        shell(script, leash)
    assert str(caught.value) == said


def test_a_program_that_never_stops_printing_is_ended(leash: Leash, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its output does not fill the disk: beyond the limit it is ended, and its last words are kept."""
    monkeypatch.setattr(process, "MOST_PRINTED", 100_000)
    with pytest.raises(ActionError, match=r"it printed more than 100,000 bytes, and was ended:\n(y\n)*"):
        shell("yes", leash)


def test_a_program_that_is_not_there(leash: Leash) -> None:
    """It cannot be started, and the error says so."""
    with pytest.raises(ActionError, match=r"no-such-program cannot be started: .*; check its path and rights"):
        output_of(["no-such-program"], leash, variables={})
    with pytest.raises(ActionError, match=r"true cannot be started: .*null byte"):
        output_of(["true"], leash, variables={"A": "\0"})


def test_much_output_is_neither_kept_nor_in_the_way(leash: Leash) -> None:
    """A program that prints megabytes comes to its end, and its last words are there."""
    said = shell("yes | head -c 3000000; echo; echo done", leash)
    assert (len(said), said.endswith("y\n\ndone")) == (OUTPUT_LIMIT, True)


def test_a_program_has_its_time(tmp_path: Path, wait_until: Callable[..., Any]) -> None:
    """When it is over, the program and all that it started are ended, and what it said is told."""
    with pytest.raises(ActionTimeout, match=r"longer than 0\.5 s, and was ended:\nbegun"):
        shell(f"sleep 600 & echo $! > {tmp_path}/child; echo begun; wait", Leash(0.5))
    wait_until(lambda: gone(tmp_path / "child"))


def test_a_program_that_ignores_the_signal_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked first, and not asked any more after a while."""
    monkeypatch.setattr(process, "_GRACE_SECONDS", 0.2)
    with pytest.raises(ActionTimeout):
        shell("trap '' TERM; echo deaf; while :; do sleep 0.05; done", Leash(0.3))


def test_what_a_program_leaves_behind_is_ended(tmp_path: Path, leash: Leash, wait_until: Callable[..., Any]) -> None:
    """A program that succeeds leaves no process of its group."""
    assert shell(f"sleep 600 & echo $! > {tmp_path}/child; echo ok", leash) == "ok"
    wait_until(lambda: gone(tmp_path / "child"))


def test_the_end_of_the_exporter_ends_it() -> None:
    """A program is ended with the exporter, long before its time."""
    stopping, clock = threading.Event(), time.monotonic()
    threading.Timer(0.2, stopping.set).start()
    with pytest.raises(ActionError, match="it was ended, since the exporter was"):
        shell("sleep 600", Leash(600.0, stopping))
    assert time.monotonic() - clock < 30
