"""Where the server listens: `:5001`, `127.0.0.1:5001`, `[::1]:5001`."""

from __future__ import annotations

import socket

from mlflow_exporter.errors import ConfigurationError


def parse_address(address: str) -> tuple[str, int]:
    """Host and port; without a host, every address of the machine. Raises ConfigurationError where it is none.

    >>> parse_address("127.0.0.1:5001"), parse_address("[::1]:5001")
    (('127.0.0.1', 5001), ('::1', 5001))
    """
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        mend = "write it as :5001 or 127.0.0.1:5001"
        raise ConfigurationError(f"{address!r} is not an address", where="--listen", mend=mend)
    return host.strip("[]") or ("::" if socket.has_dualstack_ipv6() else "0.0.0.0"), int(port)  # noqa: S104 -- what an address without a host means
