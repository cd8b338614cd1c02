"""The parts of the demo that docker-compose.yml runs one by one: `python -m mlflow_exporter.demo models|traffic`."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import click

from mlflow_exporter.demo.baselines import log_baseline
from mlflow_exporter.demo.models import find, prepare
from mlflow_exporter.demo.requests import Client
from mlflow_exporter.demo.schedule import Schedule
from mlflow_exporter.demo.sending import send
from mlflow_exporter.demo.traffic import Traffic


@click.group()
def demo() -> None:
    """Parts of the demo; MLFLOW_TRACKING_URI says where the models are registered."""


@demo.command()
@click.option("--bins", required=True, type=click.Path(path_type=Path), help="Where the classifier's bins are written.")
def models(bins: Path) -> None:
    """Train and register both models with their baselines, unless they are there."""
    uri = os.environ["MLFLOW_TRACKING_URI"]
    if find(uri) is not None:
        click.echo("the models are registered already")
        return
    with tempfile.TemporaryDirectory() as folder:
        made = prepare(uri, Path(folder))
        bins.write_text(log_baseline(made.classifier, uri))
        log_baseline(made.regressor, uri)
    click.echo(f"registered {made.classifier.key} and {made.regressor.key} with their baselines")


@demo.command()
@click.option("--server", required=True, metavar="URL", help="The classifier's scoring server.")
@click.option("--folder", required=True, type=click.Path(path_type=Path), help="Where predictions and labels are kept.")
@click.option("--clean", default=300, show_default=True, help="For how many seconds nothing drifts.")
@click.option("--drift", default=300, show_default=True, help="For how many seconds only the inputs drift.")
def traffic(server: str, folder: Path, clean: int, drift: int) -> None:
    """Have flights scored until SIGTERM: clean at first, then drifting, then with less accuracy."""
    found = find(os.environ["MLFLOW_TRACKING_URI"])
    if found is None:
        raise click.ClickException("the models are not registered; run `python -m mlflow_exporter.demo models` first")
    start = time.time()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    with closing(Client(server)) as client:
        flights = Traffic(found, folder, Schedule(start, start + clean, start + clean + drift), client.ask)
        click.echo(f"flights are scored; from {clean} s on they drift, from {clean + drift} s on accuracy is lost")
        flights.write()
        send(flights, stopping)


if __name__ == "__main__":
    demo()
