"""`mlflow-exporter demo`: everything on one machine."""

from __future__ import annotations

import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from mlflow_exporter.demo.stage import Stage

_POLL_SECONDS = 2.0
_QUERY = "/graph?g0.expr=ml_drift_score%20%3E%20ml_drift_threshold"


@click.command(
    epilog="""\b
Examples:
  mlflow-exporter demo                      until Ctrl-C
  mlflow-exporter demo --seconds 90         stops by itself
  mlflow-exporter demo --folder ./demo      keeps its files
"""
)
@click.option("--seconds", type=click.IntRange(min=1), help="Stop after so many seconds of running.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for everything it writes, which must be empty or not exist. Default: a temporary one.",
)
def demo(seconds: int | None, folder: Path | None) -> None:
    """Show everything on this machine: MLflow, two models, a scoring server, traffic that drifts, the exporter.

    Two models of real flights are trained and registered in an MLflow of their own; one answers requests, the other is
    a batch job. Their traffic starts clean, then drifts, then loses accuracy; labels arrive late. Prometheus and
    Alertmanager are started too where they are on the PATH.
    """
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    with _stopped_by_signals(), _folder(folder) as path:
        try:
            _play(console, path, seconds)
        except KeyboardInterrupt:
            console.print("stopping")


def _play(console: Console, folder: Path, seconds: int | None) -> None:
    from mlflow_exporter.demo.stage import staged

    with console.status("preparing") as status:

        def report(step: str) -> None:
            status.update(step)
            if not console.is_terminal:
                console.print(step)

        with staged(folder, report) as stage:
            status.stop()
            _announce(console, stage)
            _watch(console, stage, seconds)
            status.update("stopping")
            status.start()


def _announce(console: Console, stage: Stage) -> None:
    console.print()
    console.print(f"  Status page   {stage.exporter.address}/", style="bold")
    console.print(f"  Metrics       {stage.exporter.address}/metrics")
    console.print(f"  MLflow        {stage.mlflow.address}/")
    console.print(f"  Scoring       {stage.scoring.address}/metrics")
    console.print(f"  Prometheus    {stage.prometheus.address + _QUERY if stage.prometheus else 'not on the PATH'}")
    alerts = f"{stage.exporter.address}/alerts, {stage.alertmanager.address}" if stage.alertmanager else ""
    console.print(f"  Alerts        {alerts or 'Alertmanager is not on the PATH'}")
    console.print(f"  Files         {stage.folder}")
    now, schedule = time.time(), stage.schedule
    phases = f"in {schedule.drift_at - now:.0f} seconds it drifts, in {schedule.decay_at - now:.0f} it loses accuracy"
    console.print(f"\nTraffic is clean now; {phases}. Ctrl-C stops all.\n")


def _watch(console: Console, stage: Stage, seconds: int | None) -> None:
    """Print each verdict when it is first seen, and all of them at the end."""
    from mlflow_exporter.demo.verdicts import Verdict, read_metrics, verdicts

    started = time.monotonic()
    seen: dict[Verdict, float] = {}
    try:
        while seconds is None or time.monotonic() - started < seconds:
            for server in stage.servers:
                server.require_running()
            for verdict in sorted(verdicts(read_metrics(stage.exporter.address)) - seen.keys()):
                seen[verdict] = time.monotonic() - started
                console.print(f"{seen[verdict]:5.0f} s  {verdict}")
            threading.Event().wait(_POLL_SECONDS)
    finally:
        models = sorted({verdict.model for verdict in seen})
        console.print(f"\n{len(seen)} verdicts seen" + (f", of {' and '.join(models)}" if models else ""))


@contextmanager
def _folder(folder: Path | None) -> Iterator[Path]:
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="mlflow-exporter-demo-") as temporary:
            yield Path(temporary)
        return
    if folder.exists() and any(folder.iterdir()):
        raise click.BadParameter(f"{folder} is not empty", param_hint="--folder")
    folder.mkdir(parents=True, exist_ok=True)
    yield folder.absolute()


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does: with everything it started."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
