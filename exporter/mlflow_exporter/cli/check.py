"""`mlflow-exporter check`: whether the exporter would work."""

from __future__ import annotations

from pathlib import Path

import click

from mlflow_exporter.cli import options
from mlflow_exporter.errors import MlflowExporterError

_COLOURS = {"✓": "green", "!": "yellow", "✗": "red"}


@click.command(
    epilog="""\b
Exit code 1 where anything failed (✗). What is worth a look (!) does not count.

\b
Examples:
  mlflow-exporter check
  mlflow-exporter check --config.file /etc/mlflow-exporter/config.yml
"""
)
@options.config_file
def check(config_file: Path) -> None:
    """Check a configuration and try everything in it.

    MLflow, the state, what alerting needs (tokens, programs, libraries), and for each model its version, its baseline,
    and the first rows of its files of predictions and labels (of twenty where there are more): a line each. A running
    exporter is not disturbed.
    """
    from mlflow_exporter.cli import logs
    from mlflow_exporter.cli.connections import Verdict, findings
    from mlflow_exporter.config.loading import load
    from mlflow_exporter.config.secrets import mask

    logs.configure("error")
    settings = load(config_file)
    click.echo(f"{click.style('✓', 'green')} configuration: {config_file}")
    failed, tried = [], 1
    for finding in findings(settings):
        tried += 1
        sign = finding.verdict.value
        click.echo(f"{click.style(sign, _COLOURS[sign])} {finding.subject}: {mask(finding.message)}")
        if finding.verdict is Verdict.FAILED:
            failed.append(finding.subject)
    if failed:
        raise MlflowExporterError(f"{len(failed)} of {tried} failed: {', '.join(dict.fromkeys(failed))}")
