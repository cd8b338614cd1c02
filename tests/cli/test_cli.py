from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

import mlflow_exporter
from mlflow_exporter.cli import COMMANDS, Commands, Failure, main
from mlflow_exporter.errors import SourceMissing

PACKAGE = Path(mlflow_exporter.__file__).parent
HEAVY = ("mlflow", "numpy", "pandas", "pyarrow", "pydantic", "scipy", "sqlalchemy", "flask", "rich", "structlog")


def failing(error: Exception) -> click.Group:
    """A command line whose only command fails."""

    @click.command()
    def fail() -> None:
        raise error

    group = Commands(name="main")
    group.get_command = lambda ctx, cmd_name: fail  # type: ignore[method-assign]
    return group


def test_help_lists_every_command_in_order_of_use(invoke: Callable[..., Any]) -> None:
    """The commands are listed as somebody new comes across them."""
    said = invoke("--help").output.partition("Commands:")[2]
    assert [line.split()[0] for line in said.strip().splitlines()] == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(invoke: Callable[..., Any], command: str) -> None:
    """Each command's help says what it does and shows how."""
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert f"  mlflow-exporter {command} " in result.output.partition("Examples:")[2]


@pytest.mark.parametrize("arguments", ([], *([command] for command in COMMANDS)))
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """No command's help loads what takes time, so that help is immediate."""
    program = (
        "import sys; from mlflow_exporter.cli import main\n"
        f"try: main({[*arguments, '--help']})\n"
        f"finally: print('loaded:', *sorted(set(sys.modules) & set({HEAVY})))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PACKAGE.parent)},
    )
    assert ended.stdout.splitlines()[-1] == "loaded:"


def test_version_is_the_packages(invoke: Callable[..., Any]) -> None:
    """`--version` tells the version of the package."""
    assert invoke("--version").output.split()[-1] == mlflow_exporter.__version__


def test_the_module_is_the_command() -> None:
    """`python -m mlflow_exporter` does what `mlflow-exporter` does, under its name."""
    ended = subprocess.run(
        [sys.executable, "-m", "mlflow_exporter", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PACKAGE.parent)},
    )
    assert ended.stdout.startswith("Usage: mlflow-exporter [OPTIONS] COMMAND")


@pytest.mark.parametrize("arguments", (["rnu"], ["run", "--no-such-option"], ["evaluate", "extra"]))
def test_wrong_usage_ends_with_2(invoke: Callable[..., Any], arguments: list[str]) -> None:
    """A command, option or argument that does not exist is wrong usage."""
    assert invoke(*arguments).exit_code == 2


def test_an_error_of_the_package_ends_with_1_and_its_text() -> None:
    """An error that is raised on purpose is a line on stderr, without a traceback."""
    result = CliRunner().invoke(failing(SourceMissing("no file", where="data.csv", mend="check the path")), ["fail"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: data.csv: no file; check the path\n"


def test_every_line_of_an_error_says_that_it_is_one() -> None:
    """An error of several lines is as many errors."""
    result = CliRunner().invoke(failing(SourceMissing("one\ntwo")), ["fail"])
    assert result.stderr == "Error: one\nError: two\n"


def test_a_mistake_of_the_program_is_not_disguised() -> None:
    """An exception that nobody raised on purpose keeps its traceback."""
    assert isinstance(CliRunner().invoke(failing(ZeroDivisionError()), ["fail"]).exception, ZeroDivisionError)


def test_errors_hide_passwords(capsys: pytest.CaptureFixture[str]) -> None:
    """A password in the URL that an error names is not printed."""
    Failure("http://me:hunter2@mlflow: no answer").show()
    assert capsys.readouterr().err == "Error: http://me:<secret>@mlflow: no answer\n"


def test_the_group_is_a_click_command() -> None:
    """What the installed script calls is the group."""
    assert isinstance(main, Commands)


@pytest.mark.parametrize(
    ("wrong", "said"), (("chek", "did you mean 'check'?"), ("xyzzy", "use one of run, check, init"))
)
def test_a_misspelt_command_is_recognised(invoke: Callable[..., Any], wrong: str, said: str) -> None:
    """The error names the nearest command, or all of them."""
    result = invoke(wrong)
    assert result.exit_code == 2
    assert f"Error: there is no command {wrong!r}; {said}" in result.stderr
