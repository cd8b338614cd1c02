"""Programs that run within a time, whatever they do and start."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO

from mlflow_exporter.alerting.actions.action import OUTPUT_LIMIT, Leash, bounded
from mlflow_exporter.errors import ActionError, ActionTimeout

_LOOK_SECONDS = 0.05
_GRACE_SECONDS = 5.0
_BYTES_PER_CHARACTER = 4
MOST_PRINTED = 2**26
"""Bytes that a program may print: its output is on a disk until it ends."""


def output_of(command: Sequence[str], leash: Leash, *, given: bytes = b"", variables: Mapping[str, str]) -> str:
    """The end of what a program printed, `given` on its standard input and `variables` in its environment.

    It runs in a process group of its own, which is ended with it. Raises ActionError where it cannot be started, fails
    or prints more than MOST_PRINTED, ActionTimeout where it takes too long.
    """
    with tempfile.TemporaryFile() as read, tempfile.TemporaryFile() as written:
        read.write(given)
        read.seek(0)
        code = _run(command, leash, {**os.environ, **variables}, read, written)
        size, output = _size(written), _end(written)
    if code is None:
        if leash.stopping.is_set():
            raise ActionError(f"it was ended, since the exporter was{_said(output)}")
        if size > MOST_PRINTED:
            raise ActionError(f"it printed more than {MOST_PRINTED:,} bytes, and was ended{_said(output)}")
        raise ActionTimeout(f"it took longer than {leash.seconds:g} s, and was ended{_said(output)}")
    if code:
        raise ActionError(f"it ended with {_ending(code)}{_said(output)}")
    return output


def _run(
    command: Sequence[str], leash: Leash, environment: Mapping[str, str], given: IO[bytes], output: IO[bytes]
) -> int | None:
    """The exit code of a program; None where it had to be ended."""
    try:
        # A session of its own: what it starts is ended with it, and a signal to the exporter is not one to it.
        process = subprocess.Popen(  # noqa: S603 -- the operator's program and arguments, no shell
            command, stdin=given, stdout=output, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
    except (OSError, ValueError) as error:
        raise ActionError(f"{command[0]} cannot be started: {error}", mend="check its path and rights") from error
    ended = _has_ended(process, leash.seconds, leash.stopping, output)
    if not ended:
        _signal(process, signal.SIGTERM)
        _has_ended(process, _GRACE_SECONDS)
    # The program is not waited for before: until then its number, which is the group's, is nobody else's.
    _signal(process, signal.SIGKILL)
    code = process.wait()
    return code if ended else None


def _has_ended(
    process: subprocess.Popen[bytes],
    seconds: float,
    stopping: threading.Event | None = None,
    output: IO[bytes] | None = None,
) -> bool:
    """Whether the program ends in so many seconds, before `stopping` is set and its output is too long."""
    deadline, pause = time.monotonic() + seconds, stopping or threading.Event()
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        is_too_long = output is not None and _size(output) > MOST_PRINTED
        if is_too_long or time.monotonic() > deadline or pause.wait(_LOOK_SECONDS):
            return False
    return True


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except PermissionError:
        return  # what is left of the group belongs to another user


def _size(output: IO[bytes]) -> int:
    return os.fstat(output.fileno()).st_size


def _end(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _BYTES_PER_CHARACTER * OUTPUT_LIMIT))
    return bounded(output.read().decode(errors="replace"))


def _ending(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"signal {-code}"


def _said(output: str) -> str:
    return f":\n{output}" if output else ", without a word"
