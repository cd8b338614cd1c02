"""`mlflow-exporter baseline`: what production will be compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mlflow_exporter.cli import options
from mlflow_exporter.domain import Task

_WITH_CONFIGURATION = ("config_file", "model", "version", "data", "tracking_uri", "output", "bins", "dry_run")


@click.command(
    epilog="""\b
Examples:
  mlflow-exporter baseline --model churn --version 3 --data 'reference/*.parquet' \\
      --label churned --prediction prediction --probability 0=p0 --probability 1=p1
  mlflow-exporter baseline --model pricing --version @champion --data holdout.csv \\
      --label price --prediction prediction --task regression
  mlflow-exporter baseline --config.file config.yml --model churn
  mlflow-exporter baseline --data reference.parquet --label churned --dry-run
"""
)
@click.option("--model", metavar="NAME", help="The registered model.")
@click.option("--version", metavar="VERSION", help='Its version: a number, "@alias", a stage or latest.')
@click.option("--data", multiple=True, metavar="PATH", help="Reference data: a path or glob; repeat it for several.")
@click.option("--prediction", metavar="COLUMN", help="Column with the class predicted, or the number.")
@click.option("--label", metavar="COLUMN", help="Column with what was true.")
@click.option(
    "--probability",
    "probabilities",
    multiple=True,
    metavar="CLASS=COLUMN",
    callback=options.assignments,
    help="Column with the probability of a class; repeat it for several.",
)
@click.option("--timestamp", metavar="COLUMN", help="Column with the time of a row: no feature.")
@click.option("--id", "row_id", metavar="COLUMN", help="Column with the identifier of a row: no feature.")
@click.option("--task", type=click.Choice([task.value for task in Task]), help="What it predicts, if not as it looks.")
@click.option("--positive", metavar="CLASS", help="The positive class of a binary classifier.")
@click.option("--exclude", multiple=True, metavar="COLUMN", help="Column that is no feature; repeat it for several.")
@click.option(
    "--categorical", multiple=True, metavar="COLUMN", help="Column of codes of categories; repeat it for several."
)
@click.option(
    "--segment", "segments", multiple=True, metavar="COLUMN", help="Column to segment by; repeat it for several."
)
@click.option(
    "--config.file",
    "config_file",
    type=click.Path(path_type=Path),
    help="Take everything about the model from a configuration; --version and --data may differ from it.",
)
@click.option(
    "--tracking-uri", metavar="URI", help="The MLflow server. Default: the configuration's, else MLFLOW_TRACKING_URI."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the baseline to this file instead of MLflow.",
)
@click.option(
    "--bins",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the features' bins to this file, too, for model servers that count their inputs in them.",
)
@click.option(
    "--keep-rows",
    is_flag=True,
    help="Keep 2,000 rows, encoded as numbers, which drift.dataset: [domain_classifier] needs.",
)
@click.option("--dry-run", is_flag=True, help="Profile and show, and log nothing.")
@click.pass_context
def baseline(ctx: click.Context, /, **chosen: Any) -> None:
    """Profile reference data, and log it as the baseline of a model version.

    Reference data is what the model was validated on, best with its predictions and the labels: as production will
    log it. The profile (some 100 KB, no rows unless they are asked for) becomes an artifact of the version's run, so
    that the exporter needs no access to the data. Features are the inputs of the model's signature, else every column
    that is not named.
    """
    given = [name for name, value in chosen.items() if value and name not in _WITH_CONFIGURATION]
    if chosen["config_file"] and given:
        names = ", ".join(sorted(param.opts[0] for param in ctx.command.params if param.name in given))
        raise click.UsageError(f"{names} cannot be given along with --config.file, which tells it.")
    from mlflow_exporter.cli.profiling import Options, run

    run(Options(**chosen))
