"""The web configuration in force."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import structlog
from tests.web.certificates import Certificates

from mlflow_exporter.web.guard import WebFile

HASH = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
PASSWORDS = f"basic_auth_users: {{ann: '{HASH}'}}\n"
TLS = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"


def installed(folder: Path, certificates: Certificates, text: str) -> Path:
    """A web configuration beside the server's certificate."""
    shutil.copy(certificates.server.certificate, folder / "server.crt")
    shutil.copy(certificates.server.key, folder / "server.key")
    (folder / "web.yml").write_text(text)
    return folder / "web.yml"


def test_a_change_counts_at_once(tmp_path: Path, certificates: Certificates) -> None:
    """A user that is added is admitted without a reload."""
    path = installed(tmp_path, certificates, PASSWORDS)
    file = WebFile(path)
    assert set(file.guard.users) == {"ann"}
    path.write_text(PASSWORDS.replace("ann:", f"bob: '{HASH}', ann:"))
    assert set(file.guard.users) == {"ann", "bob"}


def test_a_mistake_changes_nothing(tmp_path: Path, certificates: Certificates) -> None:
    """A file that becomes wrong, or goes away, is logged once, and whoever was kept out stays out."""
    path = installed(tmp_path, certificates, PASSWORDS)
    file = WebFile(path)
    with structlog.testing.capture_logs() as logs:
        path.write_text("basic_auth_users: {}\nbasic_auth: {}\n")
        assert [set(file.guard.users) for _ in range(3)] == [{"ann"}] * 3
        path.unlink()
        assert [set(file.guard.users) for _ in range(3)] == [{"ann"}] * 3
    assert [event["log_level"] for event in logs] == ["error", "error"]
    assert "web.yml:2: basic_auth: unknown key" in logs[0]["error"]
    assert "web.yml: cannot be read: No such file" in logs[1]["error"]


def test_a_renewed_certificate_is_used(tmp_path: Path, certificates: Certificates) -> None:
    """Certificate and key are replaced one after the other: between the two the old pair serves."""
    file = WebFile(installed(tmp_path, certificates, TLS))
    first = file.guard.context
    renewed = certificates.authority.pair("renewed")
    shutil.copy(renewed.certificate, tmp_path / "server.crt")
    with structlog.testing.capture_logs() as logs:
        assert file.guard.context is first
    assert "are no certificate and its key: key values mismatch" in logs[0]["error"]
    shutil.copy(renewed.key, tmp_path / "server.key")
    assert file.guard.context is not first


@pytest.mark.parametrize(("before", "after"), ((PASSWORDS, TLS), (TLS, PASSWORDS)), ids=("begins", "ends"))
def test_tls_stays_as_it_was(tmp_path: Path, certificates: Certificates, before: str, after: str) -> None:
    """TLS neither begins nor ends while connections are open; the log says that it takes a restart."""
    path = installed(tmp_path, certificates, before)
    file = WebFile(path)
    with structlog.testing.capture_logs() as logs:
        guard = file.guard
        path.write_text(after)
        assert file.guard is guard
    assert "tls_server_config: TLS begins and ends with the exporter; restart it" in logs[0]["error"]
