"""`mlflow-exporter init`: a configuration to start with."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    epilog="""\b
Examples:
  mlflow-exporter init --tracking-uri http://mlflow:5000 --output config.yml
  mlflow-exporter init --model churn --model pricing > config.yml
"""
)
@click.option(
    "--tracking-uri",
    required=True,
    envvar="MLFLOW_TRACKING_URI",
    show_envvar=True,
    metavar="URI",
    help="The MLflow server.",
)
@click.option(
    "--model", "models", multiple=True, metavar="NAME", help="A registered model; repeat it for several. Default: all."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file instead of stdout.",
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
def init(tracking_uri: str, models: tuple[str, ...], output: Path | None, force: bool) -> None:
    """Write a configuration for the models of a registry.

    Each model is followed by its alias @champion where it has that, else by its newest version. Where its data is,
    nobody but you knows: what to fill in is marked with CHANGE.
    """
    from mlflow_exporter.cli import logs, outputs
    from mlflow_exporter.cli.starter import starter

    logs.configure("error")
    if output is not None and output.exists() and not force:
        raise click.UsageError(f"{output} exists already; give --force to overwrite it.")
    text = starter(tracking_uri, models)
    if output is None:
        click.echo(text, nl=False)
        return
    outputs.write(output, text.encode())
    click.echo(f"{output} is written. Fill in what is marked with CHANGE, then: mlflow-exporter check", err=True)
