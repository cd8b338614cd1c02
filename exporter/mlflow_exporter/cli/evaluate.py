"""`mlflow-exporter evaluate`: one evaluation now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mlflow_exporter.cli import options

FAILING = ("drift", "performance", "confidence", "quality", "skipped")


@click.command(
    epilog="""\b
--fail-on takes, with commas between them:
  drift        a feature has drifted
  performance  a metric is out of its configured bounds
  confidence   the model's confidence is out of its bounds
  quality      rows were refused or repeated, or a column has values that are missing, invalid or unseen
               where the baseline's has none
  skipped      something could not be computed: too few rows, no labels, no baseline

\b
Exit codes: 0; 1 where a model was not evaluated without a problem, whatever else was found; 3 where --fail-on
found something.

\b
The evaluation starts from an empty state that is gone afterwards: every row of the log is read, and a running
exporter is not disturbed. --state names another one, which remembers what was read; never the state of a running
exporter, which would not learn of the rows that were read here.

\b
Examples:
  mlflow-exporter evaluate
  mlflow-exporter evaluate --model churn --window 24h --fail-on drift,performance
  mlflow-exporter evaluate --format json > evaluation.json
  mlflow-exporter evaluate --push-gateway http://pushgateway:9091
"""
)
@options.config_file
@click.option(
    "--model", "models", multiple=True, metavar="NAME", help="A configured model; repeat it for several. Default: all."
)
@click.option(
    "--window",
    "windows",
    multiple=True,
    metavar="DURATION",
    help="A window such as 24h, instead of the configured ones.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "prometheus", "openmetrics"]),
    default="table",
    show_default=True,
    help="What to print.",
)
@click.option(
    "--fail-on",
    default="",
    callback=options.names_out_of(FAILING),
    metavar="NAMES",
    help="What ends the command with exit code 3, such as drift,performance.",
)
@click.option("--push-gateway", metavar="URL", help="Push the metrics to a Pushgateway, as job mlflow_exporter.")
@click.option("--state", metavar="URL", help="The state to use, such as sqlite:///ci.db.")
def evaluate(config_file: Path, **chosen: Any) -> None:
    """Evaluate the configured models once, now."""
    from mlflow_exporter.cli.evaluation import Options, run

    raise SystemExit(run(Options(config_file, **chosen)))
