"""TLS, with real clients."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from tests.web.certificates import Certificates, Pair
from tests.web.conftest import FakeExporter

from mlflow_exporter.web.application import create_app
from mlflow_exporter.web.guard import WebFile
from mlflow_exporter.web.server import guarded_server
from mlflow_exporter.web.tls import Tls

PASSWORD = "hunter2"


@pytest.fixture
def folder(tmp_path: Path, certificates: Certificates) -> Path:
    """A folder with a certificate, and a web configuration that uses it and admits `prometheus`."""
    shutil.copy(certificates.server.certificate, tmp_path / "server.crt")
    shutil.copy(certificates.server.key, tmp_path / "server.key")
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    users = f"basic_auth_users: {{prometheus: '{hashed}'}}"
    (tmp_path / "web.yml").write_text(f"tls_server_config: {{cert_file: server.crt, key_file: server.key}}\n{users}\n")
    return tmp_path


@pytest.fixture
def address(folder: Path, exporter: FakeExporter) -> Iterator[str]:
    """Host and port of a guarded server."""
    with guarded_server(create_app(exporter), ["127.0.0.1:0"], folder / "web.yml") as server:
        yield server.addresses[0]


def get(
    address: str, certificates: Certificates, password: str = PASSWORD, client: Pair | None = None
) -> tuple[int, str]:
    """Status and body of /metrics."""
    context = ssl.create_default_context(cafile=certificates.root)
    if client is not None:
        context.load_cert_chain(client.certificate, client.key)
    credentials = base64.b64encode(f"prometheus:{password}".encode()).decode()
    request = urllib.request.Request(f"https://{address}/metrics", headers={"Authorization": f"Basic {credentials}"})
    try:
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_tls_and_passwords_together(address: str, certificates: Certificates) -> None:
    """The right password gets the metrics over TLS, a wrong one 401."""
    status, body = get(address, certificates)
    assert (status, "ml_drift_detected{" in body) == (200, True)
    assert get(address, certificates, password="hunter3")[0] == 401


def test_plain_http_is_refused(address: str) -> None:
    """Who forgot the s is told so, and nothing else."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"http://{address}/metrics", timeout=10)
    with caught.value as error:
        assert (error.code, "this server speaks only HTTPS" in error.read().decode()) == (400, True)


def test_a_server_that_is_not_trusted_is_not_asked(address: str) -> None:
    """A client without the root does not get as far as sending its password."""
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(f"https://{address}/metrics", timeout=10)


def test_silent_clients_hold_nobody_up(address: str, certificates: Certificates) -> None:
    """Connections without a handshake do not keep others from being accepted."""
    host, port = address.split(":")
    silent = [socket.create_connection((host, int(port))) for _ in range(3)]
    try:
        assert get(address, certificates)[0] == 200
    finally:
        for connection in silent:
            connection.close()


def test_clients_show_their_certificate(folder: Path, exporter: FakeExporter, certificates: Certificates) -> None:
    """Where certificates are required, nobody without one that the root certified is answered."""
    text = (folder / "web.yml").read_text()
    required = f", client_auth_type: RequireAndVerifyClientCert, client_ca_file: {certificates.root}}}\n"
    (folder / "web.yml").write_text(text.replace("}\n", required, 1))
    with guarded_server(create_app(exporter), ["127.0.0.1:0"], folder / "web.yml") as server:
        [address] = server.addresses
        assert get(address, certificates, client=certificates.client)[0] == 200
        for stranger in (None, certificates.stranger):
            with pytest.raises(OSError, match=r"(?i)alert|reset|closed|eof"):
                get(address, certificates, client=stranger)
        assert get(address, certificates, client=certificates.client)[0] == 200


def test_without_tls_there_is_none(tmp_path: Path) -> None:
    """A web configuration without TLS is no ground for it."""
    (tmp_path / "web.yml").write_text("http_server_config: {http2: true}\n")
    with pytest.raises(ValueError, match="no TLS"):
        Tls(WebFile(tmp_path / "web.yml"))


def test_a_real_prometheus_scrapes_over_tls(
    address: str,
    certificates: Certificates,
    prometheus_binary: str,
    free_port: Callable[[], int],
    wait_until: Callable[..., Any],
    tmp_path: Path,
) -> None:
    """With the root and the password the target is up, with a wrong password and over plain HTTP it is down."""
    port = free_port()
    (tmp_path / "prometheus.yml").write_text(json.dumps(_scrapes(address, certificates.root)))
    arguments = [f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"]
    prometheus = subprocess.Popen(
        [prometheus_binary, *arguments, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL
    )
    try:
        targets = wait_until(lambda: _scraped(port), timeout=30)
    finally:
        prometheus.terminate()
        prometheus.wait()
    assert {job: health for job, (health, _) in targets.items()} == {"right": "up", "wrong": "down", "plain": "down"}
    assert "401" in targets["wrong"][1]
    assert "400" in targets["plain"][1]


def _scrapes(address: str, root: Path) -> dict[str, Any]:
    def job(name: str, **options: Any) -> dict[str, Any]:
        return {"job_name": name, "static_configs": [{"targets": [address]}], **options}

    tls = {"scheme": "https", "tls_config": {"ca_file": str(root)}}
    jobs = [
        job("right", basic_auth={"username": "prometheus", "password": PASSWORD}, **tls),
        job("wrong", basic_auth={"username": "prometheus", "password": "hunter3"}, **tls),
        job("plain", basic_auth={"username": "prometheus", "password": PASSWORD}),
    ]
    return {"global": {"scrape_interval": "500ms", "scrape_timeout": "500ms"}, "scrape_configs": jobs}


def _scraped(port: int) -> dict[str, tuple[str, str]]:
    """Health and error of each target, once all have been scraped."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/targets", timeout=5) as answer:
            targets = json.load(answer)["data"]["activeTargets"]
    except OSError:
        return {}
    found = {target["labels"]["job"]: (target["health"], target["lastError"]) for target in targets}
    known = all(health != "unknown" for health, _ in found.values())
    return found if len(found) == 3 and known and found["right"][0] == "up" else {}
