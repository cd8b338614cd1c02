"""Options that several commands have, and how values are read from the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

Callback: TypeAlias = Callable[[click.Context, click.Parameter, str], tuple[str, ...]]
"""What click calls with an option's text; raises click.BadParameter."""

config_file = click.option(
    "--config.file",
    "config_file",
    type=click.Path(path_type=Path),
    default=Path("config.yml"),
    show_default=True,
    help="The configuration.",
)

log_format = click.option(
    "--log.format",
    "log_format",
    type=click.Choice(["logfmt", "json"]),
    default="logfmt",
    show_default=True,
    help="How log lines are written.",
)


def log_level(meaning: str) -> Callable[[Command], Command]:
    """The option that says what is logged, with what that means for a command."""
    return click.option(
        "--log.level",
        "log_level",
        type=click.Choice(["debug", "info", "warn", "error"]),
        default="info",
        show_default=True,
        help=meaning,
    )


def names_out_of(known: Sequence[str]) -> Callback:
    """A callback that reads names out of a closed set, with commas between them.

    >>> names_out_of(("drift", "performance"))(None, None, "performance, drift")
    ('performance', 'drift')
    """

    def read(_ctx: click.Context, _param: click.Parameter, text: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
        for name in names:
            if name not in known:
                raise click.BadParameter(f"{name!r} is not one of {', '.join(known)}.")
        return names

    return read


def assignments(_ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """A callback that reads `NAME=VALUE` pairs.

    >>> assignments(None, None, ["0=p0", "1=p1"])
    (('0', 'p0'), ('1', 'p1'))
    """
    pairs = []
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise click.BadParameter(f"{text!r} is not of the form {param.metavar}.")
        pairs.append((name, value))
    return tuple(pairs)
