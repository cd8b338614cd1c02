from __future__ import annotations

import socket

import pytest

from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.serving.addresses import parse_address


@pytest.mark.parametrize(
    ("text", "host", "port"), (("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:65535", "::1", 65535), ("host:80", "host", 80))
)
def test_an_address_is_a_host_and_a_port(text: str, host: str, port: int) -> None:
    """An IPv6 address is in brackets, since it has colons itself."""
    assert parse_address(text) == (host, port)


@pytest.mark.parametrize(("dualstack", "host"), ((True, "::"), (False, "0.0.0.0")))
def test_no_host_is_every_address(monkeypatch: pytest.MonkeyPatch, dualstack: bool, host: str) -> None:
    """Of IPv6 and IPv4, where the machine has both."""
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: dualstack)
    assert parse_address(":5001") == (host, 5001)


@pytest.mark.parametrize("text", ("", "5001", "host", "host:", ":65536", ":-1", ":http"))
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    """The error says how one is written."""
    with pytest.raises(ConfigurationError, match=r"--listen: .* is not an address; write it as :5001 or"):
        parse_address(text)
