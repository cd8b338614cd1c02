"""The commands, a module each.

Their modules declare options and load what does the work when they run, so that `--help` is immediate.

Exit codes: 0 where the command did what it was asked to (SIGTERM and SIGINT end `run` with it), 1 for an error of
configuration or at run time, 2 for wrong usage, 3 from `evaluate --fail-on`.
"""

from __future__ import annotations

import importlib

import click

from mlflow_exporter import __version__
from mlflow_exporter.errors import MlflowExporterError

COMMANDS = ("run", "check", "init", "baseline", "evaluate", "serve", "alerts", "state", "demo")
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Failure(click.ClickException):
    """An error that ends the command: its lines on stderr, passwords hidden, exit code 1."""

    def show(self, file: object = None) -> None:
        """Print the error."""
        from mlflow_exporter.config.secrets import mask

        for line in mask(self.message).splitlines():
            click.echo(f"Error: {line}", err=True)


class Commands(click.Group):
    """The group of all commands; each is the function in the module that is named like it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of first use, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of the first argument; where there is none, the error names the nearest."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            from mlflow_exporter.config.suggestions import did_you_mean

            ctx.fail(f"there is no command {args[0]!r}; {did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except MlflowExporterError as error:
            raise Failure(str(error)) from error


@click.group(cls=Commands, context_settings=_SETTINGS)
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Prometheus exporter for machine-learning models registered in MLflow."""
