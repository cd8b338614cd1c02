from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

import mlflow_exporter
from mlflow_exporter.cli.serve import ENVIRONMENT, serve
from mlflow_exporter.config.serving import ServingSettings

SOURCES = Path(mlflow_exporter.__file__).parents[1]
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
        (["--listen", "5001"], "'5001' is not an address; write it as :5001 or 127.0.0.1:5001"),
        (["--listen", ":70000"], "'--listen': ':70000' is not an address"),
        (["--shadow", "models:/churn@"], "'--shadow': 'models:/churn@' is not the URI of a model"),
        (["--model-uri", "models:/churn/"], "'models:/churn/' is not the URI of a model; write it as models:/churn@"),
        (["--split-key", "customer"], "--split-key is for --split"),
        (["--log.level", "loud"], "'loud' is not one of"),
    ),
)
def test_wrong_options_are_wrong_usage(invoke: Callable[..., Any], arguments: list[str], said: str) -> None:
    """Options that make no sense end with exit code 2 and say which one it is."""
    result = invoke("serve", "--model-uri", "models:/churn@champion", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_server_without_a_model_is_wrong_usage(invoke: Callable[..., Any], folder: Any) -> None:
    """The error says how a model is named."""
    result = invoke("serve", "--listen", "127.0.0.1:0")
    assert result.exit_code == 2
    assert "Error: No model is named: give it, as in --model-uri models:/churn@champion." in result.stderr


def test_a_configuration_without_a_model_is_an_error(invoke: Callable[..., Any], folder: Any) -> None:
    """The command is right, and the file is not."""
    folder.configure("mlflow: {{tracking_uri: '{mlflow}'}}\nmodels: []\n")
    result = invoke("serve", "--listen", "127.0.0.1:0", "--config.file", "config.yml")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: --model-uri: no model is named; give it, as in --model-uri models:/churn")


@pytest.mark.parametrize("library", ("gunicorn", "mlflow.pyfunc"))
def test_a_library_that_is_not_installed_is_named(folder: Any, tmp_path: Path, library: str) -> None:
    """Without the extra `serve` the error says how it is installed, in a line."""
    program = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "from mlflow_exporter.cli import main; main(['serve', '--model-uri', 'nothing', '--listen', '127.0.0.1:0'])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env={"PYTHONPATH": str(SOURCES)}
    )
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"Error: serve: {library}")
    assert "is not installed; pip install \"mlflow-exporter[serve]\", or pip install '.[serve]'" in line


def test_a_word_is_more_often_a_model_than_a_folder(invoke: Callable[..., Any], folder: Any) -> None:
    """Who names a model by its name alone is told its URI."""
    result = invoke("serve", "--model-uri", "churn", "--listen", "127.0.0.1:0")
    assert result.exit_code == 1
    assert "or write models:/churn@champion for a model of the registry" in result.stderr


def test_a_variable_stands_for_an_option(invoke: Callable[..., Any], folder: Any, tmp_path: Path) -> None:
    """The environment names the model as the option would."""
    result = invoke("serve", "--listen", "127.0.0.1:0", **{f"{ENVIRONMENT}_MODEL_URI": str(tmp_path / "nothing")})
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {tmp_path}/nothing: there is no model; name the folder")
