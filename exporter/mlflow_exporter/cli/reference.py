"""The user's reference of every command, from the commands and their options.

    python -m mlflow_exporter.cli.reference

writes commands.md to docs/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import cleandoc
from pathlib import Path

import click

from mlflow_exporter.cli import COMMANDS, main

_PROGRAM = "mlflow-exporter"
_HEAD = f"""\
<!-- Made by `make docs` from the commands in exporter/mlflow_exporter/cli/. -->

# Commands

`{_PROGRAM} COMMAND --help` says the same. Results are on stdout; errors, warnings and progress on stderr.

| exit code | meaning |
|---|---|
| 0 | done; `run` ends with it on SIGTERM and SIGINT |
| 1 | an error of configuration or at run time, in a line or more on stderr |
| 2 | wrong usage |
| 3 | `evaluate --fail-on` found something |
"""

_TABLE = "| option | meaning |\n|---|---|"


def documents() -> Mapping[str, str]:
    """File name to text of each generated document."""
    return {"commands.md": "".join(_reference())}


def _reference() -> Iterator[str]:
    yield _HEAD
    context = click.Context(main, info_name=_PROGRAM)
    for name in COMMANDS:
        command = main.get_command(context, name)
        if command is not None:
            yield from _sections(command, click.Context(command, context, info_name=name))


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    """The section of a command, and those of the commands that it groups."""
    yield _section(command, context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _sections(inner, click.Context(inner, context, info_name=name))


def _section(command: click.Command, context: click.Context) -> str:
    rows = [_row(*record) for param in command.params if (record := param.get_help_record(context))]
    parts = [f"## `{context.command_path}`", cleandoc(command.help or "")]
    if rows:
        parts.append("\n".join([_TABLE, *rows]))
    if command.epilog:
        parts.append(f"```text\n{_preformatted(command.epilog)}\n```")
    return "\n" + "\n\n".join(parts) + "\n"


def _preformatted(text: str) -> str:
    """An epilog without click's marks (backspaces) that its paragraphs are not to be wrapped."""
    return "\n\n".join(part.strip("\b\n") for part in cleandoc(text).split("\n\n"))


def _row(option: str, meaning: str) -> str:
    escaped = option.replace("|", "\\|")
    return f"| `{escaped}` | {meaning.replace('  [', ' [')} |"


if __name__ == "__main__":
    for name, text in documents().items():
        (Path("docs") / name).write_text(text, encoding="utf-8")
