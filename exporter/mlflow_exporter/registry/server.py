"""The tracking server itself, apart from what it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlflow_exporter.registry.address import Address
from mlflow_exporter.registry.connection import Connection

if TYPE_CHECKING:
    from mlflow import MlflowClient

_VERSION = re.compile(r"\d+\.[\w.+-]+")


def server_version(address: Address, timeout: float) -> str | None:
    """The version of MLflow that serves an address; None where none serves it (a database), or does not say.

    Raises RegistryUnavailable where there is no answer within `timeout` seconds.
    """
    if not address.uri.startswith(("http://", "https://")):
        return None
    return Connection(address, timeout).ask(_version)


def _version(client: MlflowClient) -> str | None:
    from mlflow.utils.credentials import get_default_host_creds  # noqa: PLC0415 - loads when first used
    from mlflow.utils.rest_utils import http_request  # noqa: PLC0415 - loads when first used

    credentials = get_default_host_creds(client.tracking_uri)  # type: ignore[no-untyped-call]
    answer = http_request(credentials, "/version", "GET", raise_on_status=False)  # type: ignore[no-untyped-call]
    said = answer.text.strip() if answer.ok else ""
    return said if _VERSION.fullmatch(said) else None
