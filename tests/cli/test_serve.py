from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from mlflow_exporter.cli.serve import ENVIRONMENT, serve
from mlflow_exporter.config.serving import ServingSettings

_ELSEWHERE = {"config_file", "tracking_uri", "prediction_log", "log_level", "log_format", "help"}


def options() -> dict[str, click.Option]:
    """The options that are keys of the section, by name."""
    found = {str(param.name): param for param in serve.params if isinstance(param, click.Option)}
    return {name: option for name, option in found.items() if name not in _ELSEWHERE}


def test_every_key_is_an_option() -> None:
    """What the section `serving` says can be said on the command line, but for the log's details."""
    assert options().keys() == ServingSettings.model_fields.keys() - {"log"}


@pytest.mark.parametrize("name", sorted(options()))
def test_the_help_tells_the_sections_defaults(name: str) -> None:
    """A default is written in two places, and is the same in both."""
    shown, default = options()[name].show_default, getattr(ServingSettings(), name)
    if isinstance(shown, str):
        assert shown.removesuffix("s") == str(int(default)) if isinstance(default, float | int) else shown == default
    else:
        assert default in (None, False, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    (
        (["--refresh", "soon"], "'soon' is not a duration"),
        (["--refresh", "0s"], "longer than nothing"),
        (["--split", "models:/churn@b"], "'models:/churn@b' is no split; write it as models:/churn@challenger=10"),
        (["--workers", "0"], "--workers"),
        (["--split-key", "customer"], "--split-key is for --split"),
        (["--log.level", "loud"], "'loud' is not one of"),
    ),
)
def test_wrong_options_are_wrong_usage(invoke: Callable[..., Any], arguments: list[str], said: str) -> None:
    """Options that make no sense end with exit code 2 and say which one it is."""
    result = invoke("serve", "--model-uri", "models:/churn@champion", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_server_without_a_model_is_an_error(invoke: Callable[..., Any], folder: Any) -> None:
    """The error says how a model is named."""
    result = invoke("serve", "--listen", "127.0.0.1:0")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: --model-uri: no model is named; give it, as in --model-uri models:/churn")


def test_a_variable_stands_for_an_option(invoke: Callable[..., Any], folder: Any, tmp_path: Path) -> None:
    """The environment names the model as the option would."""
    result = invoke("serve", "--listen", "127.0.0.1:0", **{f"{ENVIRONMENT}_MODEL_URI": str(tmp_path / "nothing")})
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {tmp_path}/nothing: there is no model; name the folder")
