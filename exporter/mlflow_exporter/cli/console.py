"""Where commands print: tables on stdout, progress on stderr where somebody watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from mlflow_exporter.config.secrets import mask

PIPE_WIDTH = 200
"""Columns of a line that goes to a file or a pipe, which has no width of its own."""


def stdout() -> Console:
    """The console of results."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPE_WIDTH)


def warn(text: object) -> None:
    """Say something on stderr that does not end the command."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[yellow]![/] {escape(mask(str(text)))}")


def table(title: str, *columns: str, numbers: tuple[str, ...] = ()) -> Table:
    """An empty table; the columns named in `numbers` are aligned at their right."""
    made = Table(
        title=escape(f"\n{title}"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in columns:
        made.add_column(column, justify="right" if column in numbers else "left")
    return made


class Phases:
    """Progress through phases that count rows; what one phase has counted, the next one expects."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._current: tuple[str, TaskID] | None = None
        self._done = 0

    def __call__(self, phase: str, done: int) -> None:
        """So many more are done of a phase."""
        if self._current is None or self._current[0] != phase:
            self._begin(phase)
        self._done += done
        if self._current is not None:
            self._progress.update(self._current[1], advance=done, amount=f"{self._done:,}")

    def _begin(self, phase: str) -> None:
        expected = self._done or None
        if self._current is not None:
            self._progress.update(self._current[1], total=self._done)
        self._current = phase, self._progress.add_task(phase, total=expected, amount="")
        self._done = 0


@contextmanager
def phases() -> Iterator[Phases]:
    """Progress on stderr; silent where that is no terminal."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[amount]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as progress:
        yield Phases(progress)


@contextmanager
def doing(what: str) -> Iterator[None]:
    """A spinner on stderr while something takes its time; silent where that is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(escape(what)):
        yield
