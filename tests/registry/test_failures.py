from __future__ import annotations

from collections.abc import Callable

import pytest
from mlflow.exceptions import MlflowException

from mlflow_exporter.errors import BaselineError, RegistryError, RegistryUnavailable
from mlflow_exporter.registry.address import Address
from mlflow_exporter.registry.failures import translated
from mlflow_exporter.registry.registry import Registry

ADDRESS = Address("http://ana:s3cret@mlflow:5000")


def test_nothing_listening_is_unavailable(dead_uri: str) -> None:
    """A refused connection says so in a few words, with the address and what to check."""
    with pytest.raises(RegistryUnavailable) as caught:
        Registry(dead_uri).snapshot()

    assert str(caught.value) == (
        f"{dead_uri}: MLflow did not answer (Connection refused); "
        "check that MLflow runs there and `mlflow.tracking_uri` is right"
    )


def test_a_server_that_cannot_serve_is_unavailable(answering: Callable[[int, str], str]) -> None:
    """A proxy that answers for an MLflow which is down does not count as MLflow."""
    with pytest.raises(RegistryUnavailable, match="too many 503 error responses"):
        Registry(answering(503, "upstream is down")).snapshot()


@pytest.mark.parametrize("status", (401, 403))
def test_a_refusal_says_how_to_give_credentials(status: int, answering: Callable[[int, str], str]) -> None:
    """Missing or wrong credentials are no outage, and the message names the variables that hold them."""
    with pytest.raises(RegistryError, match=f"{status}.*You are not.*MLFLOW_TRACKING_USERNAME") as caught:
        Registry(answering(status, "You are not authenticated.")).snapshot()

    assert not isinstance(caught.value, RegistryUnavailable)


@pytest.mark.parametrize("body", ("<html>a web site</html>", '{"unknown": [1]}x', '["no object"]'))
def test_an_answer_that_is_not_mlflows_is_an_error(body: str, answering: Callable[[int, str], str]) -> None:
    """Another server at the address is found out, whatever it says."""
    with pytest.raises(RegistryError):
        Registry(answering(200, body)).snapshot()


@pytest.mark.parametrize("status", (200, 404))
def test_a_web_page_is_not_shown(status: int, answering: Callable[[int, str], str]) -> None:
    """Where a web site is at the address, the error says so in a line, without the page."""
    page = "\n<!DOCTYPE html>\n<html><head><title>Grafana</title></head><body>Welcome</body></html>"
    with pytest.raises(RegistryError, match=r"what answers there is no MLflow server \(.*a web page\);") as caught:
        Registry(answering(status, page)).snapshot()
    assert "Grafana" not in str(caught.value)
    assert "<" not in str(caught.value)


def test_mlflows_own_words_are_kept(answering: Callable[[int, str], str]) -> None:
    """An error that MLflow explains is passed on with its explanation."""
    body = '{"error_code": "INVALID_PARAMETER_VALUE", "message": "max_results is too large"}'
    with pytest.raises(RegistryError, match=r"MLflow refused .*max_results is too large"):
        Registry(answering(400, body)).snapshot()


def test_no_message_has_the_password(answering: Callable[[int, str], str]) -> None:
    """MLflow quotes the address in its messages; ours do without its password."""
    uri = answering(418, "teapot").replace("http://", "http://ana:s3cret@")
    with pytest.raises(RegistryError) as caught:
        Registry(uri).snapshot()

    assert "s3cret" not in str(caught.value)
    assert "http://ana:***@127.0.0.1" in str(caught.value)


def test_other_libraries_errors_name_what_to_do() -> None:
    """A missing client library and a missing file are told apart from MLflow's own answers."""
    missing = translated(ModuleNotFoundError("No module named 'boto3'"), ADDRESS)
    gone = translated(FileNotFoundError(2, "No such file or directory", "/artifacts/1"), ADDRESS)

    assert "No module named 'boto3'; install the library" in str(missing)
    assert "(No such file or directory: /artifacts/1)" in str(gone)


def test_a_database_that_is_away_is_unavailable() -> None:
    """MLflow says so by an error code where it asks a database itself."""
    error = MlflowException("no connection", error_code=2)  # protobuf number of TEMPORARILY_UNAVAILABLE

    assert isinstance(translated(error, ADDRESS), RegistryUnavailable)


def test_our_own_errors_pass_unchanged() -> None:
    """What this package raised on purpose is not wrapped."""
    error = BaselineError("there is none")

    assert translated(error, ADDRESS) is error


def test_long_messages_are_cut_after_secrets_are_hidden() -> None:
    """MLflow quotes whole answers over many lines; ours are one line, and the cut leaves no half of a password."""
    for length in range(300, 420):
        message = str(translated(ValueError(f"{'x ' * (length // 2)}\n{ADDRESS.uri}/api"), ADDRESS))
        assert "\n" not in message
        assert "s3c" not in message
