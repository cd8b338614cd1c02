"""Certificates and keys of the web configuration."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path

import pytest
from tests.web.certificates import Certificates

from mlflow_exporter.config.loading import load_web
from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.web.certificates import tls_context

TLS = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"


def context_of(folder: Path, certificates: Certificates, text: str) -> ssl.SSLContext:
    """What a web configuration beside the server's certificate gives."""
    shutil.copy(certificates.server.certificate, folder / "server.crt")
    shutil.copy(certificates.server.key, folder / "server.key")
    (folder / "web.yml").write_text(text)
    settings = load_web(folder / "web.yml").tls_server_config
    assert settings is not None
    return tls_context(settings, folder / "web.yml")


@pytest.mark.parametrize(
    ("option", "least"), (("", ssl.TLSVersion.TLSv1_2), (", min_version: TLS13", ssl.TLSVersion.TLSv1_3))
)
def test_versions_are_those_of_the_file(
    tmp_path: Path, certificates: Certificates, option: str, least: ssl.TLSVersion
) -> None:
    """TLS 1.2 is the least, unless the file asks for more."""
    context = context_of(tmp_path, certificates, TLS.replace("}", option + "}"))
    assert (context.minimum_version, context.maximum_version) == (least, ssl.TLSVersion.TLSv1_3)


@pytest.mark.parametrize(
    ("changed", "said"),
    (
        ({"cert_file: server.crt": "cert_file: nowhere.crt"}, "nowhere.crt cannot be read: No such file or directory"),
        ({"cert_file: server.crt": "cert_file: web.yml"}, "are no certificate and its key: not pem"),
        ({"key_file: server.key": "key_file: server.crt"}, "are no certificate and its key"),
        (
            {"}": ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: server.key}"},
            "server.key has no cert",
        ),
    ),
    ids=("missing", "no-certificate", "no-key", "no-root"),
)
def test_wrong_files_are_clear_errors(
    tmp_path: Path, certificates: Certificates, changed: dict[str, str], said: str
) -> None:
    """What cannot be used from the start ends the start, with the file and what is wrong with it."""
    text = TLS
    for old, new in changed.items():
        text = text.replace(old, new)
    with pytest.raises(ConfigurationError, match=r"web\.yml: tls_server_config.*") as caught:
        context_of(tmp_path, certificates, text)
    assert said in str(caught.value)


def test_a_locked_key_is_a_clear_error(tmp_path: Path, certificates: Certificates) -> None:
    """Nobody is there to type a passphrase."""
    locked = certificates.locked
    (tmp_path / "web.yml").write_text(
        f"tls_server_config: {{cert_file: {locked.certificate}, key_file: {locked.key}}}\n"
    )
    with pytest.raises(ConfigurationError, match="the key has a passphrase"):
        context_of(tmp_path, certificates, (tmp_path / "web.yml").read_text())
