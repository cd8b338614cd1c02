"""`mlflow-exporter alerts`: what Alertmanager has told."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from mlflow_exporter.cli import options


def _seconds(_ctx: click.Context, _param: click.Parameter, text: str | None) -> float | None:
    from mlflow_exporter.domain import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(
    epilog="""\b
Examples:
  mlflow-exporter alerts --status firing
  mlflow-exporter alerts --model churn --since 7d --format json
"""
)
@options.config_file
@click.option("--model", metavar="NAME", help="Alerts about this model only.")
@click.option("--status", type=click.Choice(["firing", "resolved"]), help="Alerts that fire, or that do no more.")
@click.option("--since", metavar="DURATION", callback=_seconds, help="Leave out what was over before, such as 24h.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="How many, the latest first.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How they are printed; JSON has everything, runs of actions included.",
)
def alerts(
    config_file: Path, model: str | None, status: str | None, since: float | None, limit: int, style: str
) -> None:
    """Print the history of alerts, and of the actions that followed.

    It is read from the state that the configuration names, whether or not the exporter runs.
    """
    import time

    from mlflow_exporter.cli import alert_report, logs
    from mlflow_exporter.config.loading import load
    from mlflow_exporter.state.alerts import Status

    logs.configure("error")
    now = time.time()
    begun = None if since is None else now - since
    wanted = alert_report.Wanted(model, cast("Status | None", status), begun, limit)
    found = alert_report.read(load(config_file).state.url.get_secret_value(), wanted)
    if style == "json":
        click.echo(alert_report.document(found))
    else:
        alert_report.report(found, now)
