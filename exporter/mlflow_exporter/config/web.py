"""The web configuration file: TLS and basic authentication, in the format of Prometheus' exporter-toolkit.

Format: github.com/prometheus/exporter-toolkit, docs/web-configuration.md. Of its keys those are here that Python's TLS
can do; the others are errors, so that nobody relies on what is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

from mlflow_exporter.config.mistakes import Mistake
from mlflow_exporter.config.section import Section, default
from mlflow_exporter.config.values import Text, mistaken, resolve

_HOW_TO_HASH = "make one with `htpasswd -nBC 10 \"\" | tr -d ':\\n'`, and write it in quotes"
_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}")


class ClientAuthentication(StrEnum):
    """Whether clients have to show a certificate."""

    NONE = "NoClientCert"
    IF_GIVEN = "VerifyClientCertIfGiven"
    REQUIRED = "RequireAndVerifyClientCert"


class TlsVersion(StrEnum):
    """Versions of TLS that are still safe (RFC 8996 forbids the older)."""

    TLS12 = "TLS12"
    TLS13 = "TLS13"


def _resolved(path: str, info: ValidationInfo) -> str:
    return resolve(path, info)


def _bcrypt(value: SecretStr) -> SecretStr:
    if not _BCRYPT.fullmatch(value.get_secret_value()):
        raise mistaken("not a bcrypt hash", _HOW_TO_HASH)
    return value


File: TypeAlias = Annotated[Text, AfterValidator(_resolved)]
BcryptHash: TypeAlias = Annotated[SecretStr, AfterValidator(_bcrypt)]


class TlsSettings(Section):
    """TLS. A certificate that is replaced is used from the next connection on."""

    cert_file: File = Field(description="File with the server's certificate and those between it and its root, as PEM.")
    key_file: File = Field(description="File with the certificate's private key, as PEM.")
    client_auth_type: ClientAuthentication = default(
        ClientAuthentication.NONE, "Whether clients have to show a certificate."
    )
    client_ca_file: File | None = default(None, "File with the roots of clients' certificates, as PEM.")
    min_version: TlsVersion = default(TlsVersion.TLS12, "The oldest version of TLS that is spoken.")
    max_version: TlsVersion = default(TlsVersion.TLS13, "The newest version of TLS that is spoken.")


class Headers(Section):
    """Headers added to every answer, instead of those that it has by itself."""

    content_security_policy: Text | None = Field(
        default=None, alias="Content-Security-Policy", description="What a page may load."
    )
    frame_options: Text | None = Field(
        default=None, alias="X-Frame-Options", description="Who may show a page in a frame."
    )
    content_type_options: Text | None = Field(
        default=None, alias="X-Content-Type-Options", description="Whether browsers may guess types."
    )
    xss_protection: Text | None = Field(
        default=None, alias="X-XSS-Protection", description="What old browsers do about injected scripts."
    )
    transport_security: Text | None = Field(
        default=None, alias="Strict-Transport-Security", description="Whether browsers insist on HTTPS."
    )


class HttpSettings(Section):
    """How it answers."""

    http2: bool = default(False, "Without effect: HTTP/1.1 is what is spoken.")
    headers: Headers = default({}, "Headers added to every answer, instead of those that it has by itself.")


class WebSettings(Section):
    """A whole web configuration file."""

    tls_server_config: TlsSettings | None = default(
        None, "TLS with a certificate, from the next connection on with one that replaces it. Default: plain HTTP."
    )
    http_server_config: HttpSettings = default({}, "How it answers.")
    basic_auth_users: Mapping[str, BcryptHash] = Field(
        default_factory=dict,
        description="User to the bcrypt hash of the password. Default: everyone may read, and reload.",
    )


def web_contradictions(data: Any) -> Iterator[Mistake]:
    """Keys that are right on their own and wrong together."""
    tls = data.get("tls_server_config")
    if isinstance(tls, dict):
        wanted = tls.get("client_auth_type", ClientAuthentication.NONE) != ClientAuthentication.NONE
        place = ("tls_server_config", "client_ca_file")
        if wanted and "client_ca_file" not in tls:
            yield Mistake(place, "missing required key", "clients' certificates are checked against it")
        if not wanted and "client_ca_file" in tls:
            mend = f"add client_auth_type: {ClientAuthentication.REQUIRED}, or remove it"
            yield Mistake(place, "has no effect without client_auth_type", mend)
        if (tls.get("min_version"), tls.get("max_version")) == (TlsVersion.TLS13, TlsVersion.TLS12):
            yield Mistake(("tls_server_config", "min_version"), "is above max_version", "exchange them")
    users = data.get("basic_auth_users")
    for name in users if isinstance(users, dict) else ():
        if ":" in name:
            yield Mistake(("basic_auth_users", name), "the name has a colon, which ends it", "choose another name")
