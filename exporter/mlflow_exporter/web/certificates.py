"""Certificates and keys, from files to what TLS connections are wrapped with."""

from __future__ import annotations

import ssl
from pathlib import Path

from mlflow_exporter.config.web import ClientAuthentication, TlsSettings, TlsVersion
from mlflow_exporter.errors import ConfigurationError

_VERSIONS = {TlsVersion.TLS12: ssl.TLSVersion.TLSv1_2, TlsVersion.TLS13: ssl.TLSVersion.TLSv1_3}
_VERIFIED = {
    ClientAuthentication.NONE: ssl.CERT_NONE,
    ClientAuthentication.IF_GIVEN: ssl.CERT_OPTIONAL,
    ClientAuthentication.REQUIRED: ssl.CERT_REQUIRED,
}


def tls_context(settings: TlsSettings, file: Path) -> ssl.SSLContext:
    """What connections are wrapped with; `file` is the web configuration file.

    Raises ConfigurationError where a certificate or a key cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.min_version]
    context.maximum_version = _VERSIONS[settings.max_version]
    context.verify_mode = _VERIFIED[settings.client_auth_type]
    where = f"{file}: tls_server_config"
    for name in (settings.cert_file, settings.key_file, settings.client_ca_file):
        if name:
            _check_readable(name, where)
    try:
        # A key with a passphrase would be asked for on the terminal.
        context.load_cert_chain(settings.cert_file, settings.key_file, password=_no_passphrase)
    except (ssl.SSLError, ValueError) as error:
        what = f"{settings.cert_file} and {settings.key_file} are no certificate and its key: {_reason(error)}"
        raise ConfigurationError(what, where=where, mend="give PEM files that belong together") from error
    if settings.client_ca_file:
        _load_roots(context, settings.client_ca_file, where)
    return context


def _load_roots(context: ssl.SSLContext, roots: str, where: str) -> None:
    try:
        context.load_verify_locations(roots)
    except ssl.SSLError as error:
        what = f"{roots} has no certificate: {_reason(error)}"
        raise ConfigurationError(what, where=f"{where}.client_ca_file", mend="give a PEM file") from error


def _check_readable(name: str, where: str) -> None:
    try:
        with Path(name).open("rb"):
            pass
    except OSError as error:
        what = f"{name} cannot be read: {error.strerror}"
        raise ConfigurationError(what, where=where, mend="check the path") from error


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase")


def _reason(error: Exception) -> str:
    if not isinstance(error, ssl.SSLError):
        return str(error)
    return (error.reason or "not PEM").replace("_", " ").lower()
