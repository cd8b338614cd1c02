from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlflow_exporter.demo.servers import Server, ServerFailed, answers, port

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "http.server", sys.argv[1], "--bind", "127.0.0.1"])
child.wait()
"""


def test_a_free_port_is_used_and_a_taken_one_is_not() -> None:
    """The wanted port is given where it is free, another where it is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number = taken.getsockname()[1]
        assert port(number) != number
    assert port(number) == number


def test_stopping_a_server_stops_what_it_started(
    tmp_path: Path, free_port: Callable[[], int], wait_until: Callable[..., None]
) -> None:
    """A child that the server started does not outlive it."""
    number = free_port()
    address = f"http://127.0.0.1:{number}"
    server = Server("web", [sys.executable, "-c", PARENT, str(number)], address, tmp_path / "web.log")
    server.wait_until_ready("/", timeout=30)
    server.stop()
    wait_until(lambda: not answers(address))


def test_a_server_that_ends_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    """The error has the exit code, and what the server said last."""
    command = [sys.executable, "-c", "import sys; sys.exit('no such store')"]
    server = Server("web", command, "http://127.0.0.1:9", tmp_path / "web.log")
    with pytest.raises(ServerFailed, match="web: ended with exit code 1; no such store"):
        server.wait_until_ready("/", timeout=30)
    server.stop()


def test_a_silent_server_is_not_waited_for_without_end(tmp_path: Path) -> None:
    """After the timeout the error names the log."""
    command = [sys.executable, "-c", "import signal; signal.pause()"]
    server = Server("web", command, "http://127.0.0.1:9", tmp_path / "web.log")
    try:
        with pytest.raises(ServerFailed, match=r"is not ready after 0 s; see .*web\.log"):
            server.wait_until_ready("/", timeout=0.1)
    finally:
        server.stop()
