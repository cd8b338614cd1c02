"""One evaluation of the configured models, printed, pushed and judged."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from mlflow_exporter.app import assemble
from mlflow_exporter.cli import console, logs, pushgateway
from mlflow_exporter.cli.document import document
from mlflow_exporter.cli.gate import offences
from mlflow_exporter.cli.report import report
from mlflow_exporter.cli.trial import temporary_state
from mlflow_exporter.collectors.exposition import Exposition
from mlflow_exporter.collectors.rendering import Format
from mlflow_exporter.config.data import Mode
from mlflow_exporter.config.loading import load
from mlflow_exporter.config.settings import ModelSettings, Settings, StateSettings
from mlflow_exporter.config.suggestions import did_you_mean
from mlflow_exporter.domain import Window
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.results import Evaluation

FAILED, OFFENDED = 1, 3


@dataclass(frozen=True)
class Options:
    """What the options of `evaluate` say."""

    config_file: Path
    models: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    style: str = "table"
    fail_on: tuple[str, ...] = ()
    push_gateway: str | None = None
    state: str | None = None


def run(options: Options) -> int:
    """Evaluate and print; the exit code. Raises MlflowExporterError."""
    logs.configure("error")
    settings = _narrowed(load(options.config_file), options)
    with nullcontext(options.state) if options.state else temporary_state() as url:
        evaluations = list(_evaluations(_with_state(settings, url)))
    exposition = _exposition(settings, evaluations)
    _print(options.style, evaluations, exposition)
    for evaluation in evaluations:
        for problem in evaluation.problems:
            console.warn(f"{evaluation.name}: {problem}")
    if options.push_gateway:
        pushgateway.push(options.push_gateway, b"".join(exposition.render(Format.TEXT)))
    return _exit_code(evaluations, options.fail_on)


def _evaluations(settings: Settings) -> Iterator[Evaluation]:
    parts = assemble(settings, LocalEngine())
    try:
        with console.doing("reading the registry"):
            parts.catalogue.refresh()
        for name, monitor in parts.monitors.items():
            with console.doing(f"evaluating {name}"):
                yield monitor.evaluate(time.time())
    finally:
        parts.store.close()


def _narrowed(settings: Settings, options: Options) -> Settings:
    """The settings with the models and windows that were asked for."""
    names = [model.name for model in settings.models]
    if not names:
        raise ConfigurationError(
            "no model is configured", where="models", mend="add one, as `mlflow-exporter init` does"
        )
    for name in options.models:
        if name not in names:
            raise click.BadParameter(f"{name!r} is not configured; {did_you_mean(name, names)}", param_hint="--model")
    chosen = [model for model in settings.models if not options.models or model.name in options.models]
    return settings.model_copy(update={"models": tuple(_with_windows(model, options.windows) for model in chosen)})


def _with_windows(model: ModelSettings, names: Sequence[str]) -> ModelSettings:
    if not names:
        return model
    if model.predictions.mode is Mode.SNAPSHOT:
        raise click.BadParameter(f"{model.name!r} reads a snapshot, which is its only window", param_hint="--window")
    try:
        windows = tuple(map(Window.of, dict.fromkeys(names)))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--window") from error
    return model.model_copy(update={"windows": windows})


def _with_state(settings: Settings, url: str) -> Settings:
    context = {"folder": str(Path.cwd())}
    return settings.model_copy(update={"state": StateSettings.model_validate({"url": url}, context=context)})


def _exposition(settings: Settings, evaluations: Sequence[Evaluation]) -> Exposition:
    exposition = Exposition()
    models = {model.name: model for model in settings.models}
    for evaluation in evaluations:
        model = models[evaluation.name]
        exposition.publish(evaluation, model.limits.series, ("distributions",) if model.distributions else ())
    return exposition


def _print(style: str, evaluations: Sequence[Evaluation], exposition: Exposition) -> None:
    if style == "table":
        report(evaluations)
    elif style == "json":
        click.echo(document(evaluations))
    else:
        format_of = {"prometheus": Format.TEXT, "openmetrics": Format.OPENMETRICS}
        click.echo(b"".join(exposition.render(format_of[style])), nl=False)


def _exit_code(evaluations: Sequence[Evaluation], fail_on: Sequence[str]) -> int:
    """1 before 3: what was found is not the whole truth where something went wrong."""
    if not all(evaluation.success for evaluation in evaluations):
        return FAILED
    found = [f"{evaluation.name}: {offence}" for evaluation in evaluations for offence in offences(evaluation, fail_on)]
    for offence in found:
        click.echo(f"Failed: {offence}", err=True)
    return OFFENDED if found else 0
