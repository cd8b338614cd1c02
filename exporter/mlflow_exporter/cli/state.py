"""`mlflow-exporter state`: the state as a whole."""

from __future__ import annotations

from pathlib import Path

import click


def _url(ctx: click.Context, param: click.Parameter, given: str) -> str:
    """A URL, or what a file says of which the name is given as @FILE: no password need be in a command line."""
    if not given.startswith("@"):
        if "://" not in given:
            raise click.BadParameter(f"{given!r} is no URL such as sqlite:///state.db", ctx, param)
        return given
    try:
        return Path(given[1:]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise click.BadParameter(f"cannot read {given[1:]}: {error.strerror}", ctx, param) from error


@click.group(
    epilog="""\b
Examples:
  mlflow-exporter state copy sqlite:///state.db sqlite:////backups/monday.db
"""
)
def state() -> None:
    """The state as a whole: what was counted, the history of alerts, the runs of actions."""


@state.command(
    epilog="""\b
Examples:
  mlflow-exporter state copy sqlite:///state.db sqlite:////backups/monday.db
  mlflow-exporter state copy sqlite:///state.db postgresql+psycopg://exporter@db/exporter
  mlflow-exporter state copy @/run/secrets/state_url sqlite:///copy.db    the URL is in a file
"""
)
@click.argument("source", callback=_url)
@click.argument("target", callback=_url)
@click.option("--replace", is_flag=True, help="Lose what the target holds.")
def copy(source: str, target: str, replace: bool) -> None:
    """Copy the state SOURCE into TARGET: a backup, or the move to another database.

    Both are URLs as in `state.url`, or @FILE with one. An exporter may work on the source meanwhile, but not on the
    target. Nothing is copied unless everything is.
    """
    from mlflow_exporter.state.copying import copy_state
    from mlflow_exporter.state.store import Store

    _require_there(source)
    _require_two(source, target)
    opened = Store(source)
    written = Store(target)
    try:
        rows = copy_state(opened, written, replace=replace)
    finally:
        opened.close()
        written.close()
    plural = "" if rows.total() == 1 else "s"
    click.echo(f"copied {rows.total():,} row{plural} from {opened.where} to {written.where}", err=True)


def _require_there(source: str) -> None:
    """Raise StateUnavailable for a SQLite file that is not there: opening it would make it."""
    from sqlalchemy import make_url

    from mlflow_exporter.errors import StateUnavailable

    url = make_url(source)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise StateUnavailable("there is no such state", where=source, mend="check its path")


def _require_two(source: str, target: str) -> None:
    """Raise StateError where both are one: to replace it would empty what is to be copied."""
    from sqlalchemy import make_url

    from mlflow_exporter.errors import StateError

    one, other = make_url(source), make_url(target)
    if one.get_backend_name() != other.get_backend_name():
        return
    if one.get_backend_name() == "sqlite":
        file = Path(other.database or "")
        is_same = file.is_file() and file.samefile(one.database or "")
    else:
        is_same = (one.host, one.port, one.database) == (other.host, other.port, other.database)
    if is_same:
        where = other.render_as_string(hide_password=True)
        raise StateError("the target is the source", where=where, mend="give another place")
