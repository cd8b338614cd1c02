from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from mlflow_exporter.cli import console
from mlflow_exporter.cli.console import Phases


def test_a_pipe_is_wide() -> None:
    """Tables that no terminal shows are not cut to the width of one."""
    assert console.stdout().width == console.PIPE_WIDTH


def test_a_warning_goes_to_stderr_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning is marked, and neither markup nor a password."""
    console.warn("column [red]: http://me:hunter2@host is [/red] away")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "! column [red]: http://me:<secret>@host is [/red] away\n")


def test_nobody_watches_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """Progress is silent where stderr is no terminal."""
    with console.phases() as progress, console.doing("something"):
        progress("sampling", 10)
    assert capsys.readouterr() == ("", "")


def test_a_phase_expects_what_the_one_before_counted() -> None:
    """The first phase has no end in sight, the second reads the same rows once more."""
    with Progress(console=Console(file=io.StringIO())) as progress:
        phases = Phases(progress)
        for phase, done in (("sampling", 10), ("sampling", 20), ("profiling", 12)):
            phases(phase, done)
        assert [(task.description, task.completed, task.total) for task in progress.tasks] == [
            ("sampling", 30, 30),
            ("profiling", 12, 30),
        ]
        assert [task.fields["amount"] for task in progress.tasks] == ["30", "12"]


def test_numbers_are_aligned_at_their_right() -> None:
    """A table's columns of numbers can be read down."""
    made = console.table("[odd]", "name", "rows", numbers=("rows",))
    assert [column.justify for column in made.columns] == ["left", "right"]
