from __future__ import annotations

from pathlib import Path

import pytest

from mlflow_exporter.config.loading import load_web
from mlflow_exporter.config.mistakes import InvalidConfiguration
from mlflow_exporter.config.reference import WEB_EXAMPLE
from mlflow_exporter.config.schema import keys_at, plain, sections
from mlflow_exporter.config.web import WebSettings

HERE = Path(__file__).parent / "web"
BAD = sorted((HERE / "bad").glob("*.yml"))
MARK = "# error: "


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_file_gives_exactly_the_errors_it_states(path: Path) -> None:
    """Every mistake has its file, line, path and advice, as the file's first lines say; no password is shown."""
    stated = [line.removeprefix(MARK) for line in path.read_text().splitlines() if line.startswith(MARK)]
    with pytest.raises(InvalidConfiguration) as caught:
        load_web(path)
    said = str(caught.value)
    assert [line.removeprefix(f"{HERE}/bad/") for line in said.splitlines()] == stated
    assert "hunter2" not in said


def test_a_file_of_another_exporter_is_understood() -> None:
    """The keys are those of the exporter-toolkit, and relative paths start at the folder of the file."""
    settings = load_web(HERE / "good" / "whole.yml")
    assert settings.tls_server_config is not None
    assert settings.tls_server_config.cert_file == f"{HERE}/good/exporter.crt"
    assert settings.tls_server_config.key_file == "/etc/exporter/exporter.key"
    assert settings.tls_server_config.client_ca_file == f"{HERE}/good/clients.crt"
    assert set(settings.basic_auth_users) == {"prometheus", "Ann O'Nymous"}
    headers = settings.http_server_config.headers.model_dump(by_alias=True)
    assert headers["X-Frame-Options"] == "deny"


def test_what_is_not_given_is_off() -> None:
    """Passwords do not need TLS."""
    settings = load_web(HERE / "good" / "passwords_only.yml")
    assert settings.tls_server_config is None
    assert list(settings.basic_auth_users) == ["prometheus"]


def test_no_hash_is_shown() -> None:
    """A hash is a secret too: guessing against it needs no server."""
    assert "LDeSi" not in repr(load_web(HERE / "good" / "whole.yml"))


def test_the_example_has_every_key(tmp_path: Path) -> None:
    """The example in the reference loads, and shows each key."""
    (tmp_path / "web.yml").write_text(WEB_EXAMPLE)
    load_web(tmp_path / "web.yml")
    missing = {key for _, section in sections(WebSettings) for key in section["properties"] if key not in WEB_EXAMPLE}
    assert missing == set()


def test_every_key_has_a_description() -> None:
    """The reference explains each key."""
    assert keys_at(("tls_server_config",), WebSettings)[:2] == ["cert_file", "key_file"]
    for _, section in sections(WebSettings):
        assert all(plain(value)["description"].endswith(".") for value in section["properties"].values())
