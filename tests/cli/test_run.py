from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.cli.run import run


@pytest.mark.parametrize(
    ("arguments", "said"),
    (
        (["--shard", "3", "--total-shards", "3"], "--shard counts from 0"),
        (["--total-shards", "0"], "--total-shards"),
        (["--web.listen-address", "localhost"], "'localhost' is not an address; write it as :10045"),
        (["--web.listen-address", ":99999"], "':99999' is not an address"),
        (["--web.telemetry-path", "metrics"], "does not begin with a slash"),
        (["--web.external-url", "example.com/ml"], "is not of the form https://host/path"),
        (["--log.level", "loud"], "'loud' is not one of"),
        (["--log.format", "xml"], "'xml' is not one of"),
    ),
)
def test_wrong_options_are_wrong_usage(invoke: Callable[..., Any], arguments: list[str], said: str) -> None:
    """Options that make no sense end with exit code 2 and say which one it is, before anything is read."""
    result = invoke("run", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_checking_a_configuration_starts_nothing(invoke: Callable[..., Any], configured: Any) -> None:
    """`--config.check` reads the file and says that it is valid."""
    result = invoke("run", "--config.check")
    assert (result.exit_code, result.output) == (0, "config.yml is valid: 1 model.\n")
    assert not (configured.path / "state.db").exists()


def test_every_mistake_of_a_configuration_is_told(invoke: Callable[..., Any], folder: Any) -> None:
    """A wrong configuration ends with exit code 1 and a line for each mistake."""
    folder.configure("mlflow: {{tracking_uri: x, timout: 5s}}\nmodels: [{{name: churn}}]\n")
    result = invoke("run", "--config.check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert [line.split(": ")[:3] for line in result.stderr.splitlines()] == [
        ["Error", "config.yml:1", "mlflow.timout"],
        ["Error", "config.yml:2", "models[0].predictions"],
    ]


@pytest.mark.parametrize("check", ([], ["--config.check"]))
def test_a_wrong_web_configuration_is_an_error(invoke: Callable[..., Any], configured: Any, check: list[str]) -> None:
    """It is checked with the configuration, and ends a start: nobody listens without the guard that was asked for."""
    (configured.path / "web.yml").write_text("basic_auth_user: {ann: hunter2}\n")
    result = invoke("run", "--web.config.file", "web.yml", *check)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: web.yml:1: basic_auth_user: unknown key; did you mean 'basic_auth_users'?\n"


@pytest.mark.parametrize("check", ([], ["--config.check"]))
def test_a_missing_configuration_is_an_error(invoke: Callable[..., Any], folder: Any, check: list[str]) -> None:
    """The error names the file that is not there."""
    result = invoke("run", "--config.file", "nope.yml", *check)
    assert result.exit_code == 1
    assert result.stderr == "Error: nope.yml: cannot be read: No such file or directory; check the path\n"


def test_defaults_are_those_of_the_service() -> None:
    """An option that is not given means what the service does by itself."""
    from mlflow_exporter.cli.serving import Service  # noqa: PLC0415 - the command loads without it

    chosen = run.make_context("run", []).params
    del chosen["config_check"]
    assert Service(**chosen) == Service(Path("config.yml"))
