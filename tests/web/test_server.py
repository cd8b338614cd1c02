"""The HTTP server."""

from __future__ import annotations

import socket
import threading
import urllib.request

import pytest

from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.web.application import create_app
from mlflow_exporter.web.server import Server, parse_address


def test_serves_every_address_and_stops(exporter: object) -> None:
    """Two addresses give the same answers, and after stop nothing listens."""
    with Server(create_app(exporter), ["127.0.0.1:0", "127.0.0.1:0"]) as running:  # type: ignore[arg-type]  # a fake
        addresses = running.addresses
        for address in addresses:
            with urllib.request.urlopen(f"http://{address}/-/healthy") as answer:
                assert answer.status == 200
    for address in addresses:
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(f"http://{address}/-/healthy")


def test_a_silent_client_does_not_keep_others_waiting(exporter: object) -> None:
    """One that connects and says nothing is hung up on, and its thread answers the next."""
    app = create_app(exporter)  # type: ignore[arg-type]  # a fake
    with Server(app, ["127.0.0.1:0"], threads=1, silent_seconds=0.2) as running:
        (address,) = running.addresses
        host, port = parse_address(address)
        with (
            socket.create_connection((host, port), timeout=9) as silent,
            urllib.request.urlopen(f"http://{address}/-/healthy", timeout=9) as answer,
        ):
            assert answer.status == 200
            assert silent.recv(12) == b"HTTP/1.1 408"


# cheroot leaves the socket that it could not bind to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_address_that_is_taken_is_a_clear_error(exporter: object) -> None:
    """The error names the address and what to do, and the addresses that were free are given back."""
    app = create_app(exporter)  # type: ignore[arg-type]  # a fake
    before = threading.active_count()
    with Server(app, ["127.0.0.1:0"]) as first:
        serving = threading.active_count()
        with pytest.raises(ConfigurationError, match=r"cannot listen on 127.0.0.1:\d+.*choose another address"):
            Server(app, ["127.0.0.1:0", *first.addresses])
        assert threading.active_count() == serving
    assert threading.active_count() == before


@pytest.mark.parametrize("address", ("", "10045", "host:", "host:http", ":70000"))
def test_what_is_no_address_is_refused(address: str) -> None:
    """The error shows how to write one."""
    with pytest.raises(ConfigurationError, match="write it as :10045"):
        parse_address(address)


def test_no_host_means_every_address() -> None:
    """`:10045` listens on all, in IPv6 too where the machine has it."""
    assert parse_address(":10045") in {("::", 10045), ("0.0.0.0", 10045)}
