"""`mlflow-exporter serve`: a scoring server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlflow_exporter.cli import options
from mlflow_exporter.domain import parse_duration

if TYPE_CHECKING:
    from mlflow_exporter.config.serving import ServingSettings

ENVIRONMENT = "MLFLOW_EXPORTER_SERVE"


def _duration(_ctx: click.Context, _param: click.Parameter, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if not seconds:
        raise click.BadParameter("it has to be longer than nothing")
    return seconds


def _parsed(parse: Callable[[str], object], text: str | None) -> str | None:
    """The text, where it can be parsed: it is parsed again where it is used."""
    if text is not None:
        from mlflow_exporter.errors import ConfigurationError

        try:
            parse(text)
        except ConfigurationError as error:
            raise click.BadParameter(f"{error.what}; {error.mend}") from error
    return text


def _address(_ctx: click.Context, _param: click.Parameter, text: str | None) -> str | None:
    from mlflow_exporter.serving.addresses import parse_address

    return _parsed(parse_address, text)


def _uri(_ctx: click.Context, _param: click.Parameter, text: str | None) -> str | None:
    from mlflow_exporter.serving.model_uri import ModelUri

    return _parsed(ModelUri.parse, text)


def _percentage(_ctx: click.Context, _param: click.Parameter, text: str | None) -> str | None:
    from mlflow_exporter.serving.routing import Split

    return _parsed(Split.parse, text)


@click.command(
    context_settings={"auto_envvar_prefix": ENVIRONMENT},
    epilog=f"""\b
Every option may be a key of the configuration's section `serving` (--model-uri is model_uri), or a variable such
as {ENVIRONMENT}_MODEL_URI. An option wins over its variable, the variable over the configuration.

\b
Routes: /invocations (MLflow's protocol), /predict (JSON records), /ping, /health, /version, /metrics.
SIGTERM finishes what is being answered, flushes the log, and stops with exit code 0; SIGINT does not finish.

\b
Examples:
  mlflow-exporter serve --model-uri models:/churn@champion
  mlflow-exporter serve --model-uri models:/churn@champion --workers 4 --prediction-log /var/log/predictions
  mlflow-exporter serve --model-uri models:/churn@champion --fallback /var/lib/churn
  mlflow-exporter serve --model-uri models:/churn@champion --shadow models:/churn@challenger
  mlflow-exporter serve --model-uri models:/churn@champion --split models:/churn@challenger=10 --split-key customer
  mlflow-exporter serve --config.file config.yml
""",
)
@click.option(
    "--model-uri",
    metavar="URI",
    callback=_uri,
    help="The model, such as models:/churn@champion; an alias is followed.",
)
@click.option(
    "--config.file", "config_file", type=click.Path(path_type=Path), help="A configuration with a section `serving`."
)
@click.option("--tracking-uri", metavar="URI", help="MLflow. Default: the configuration's, else MLFLOW_TRACKING_URI.")
@click.option("--listen", metavar="[HOST]:PORT", callback=_address, show_default=":5001", help="Where to listen.")
@click.option("--workers", type=click.IntRange(min=1), show_default="1", help="Processes.")
@click.option("--threads", type=click.IntRange(min=1), show_default="4", help="Threads of each process.")
@click.option("--preload/--no-preload", default=None, help="Load the model once, before the processes fork.")
@click.option(
    "--refresh",
    metavar="DURATION",
    callback=_duration,
    show_default="10s",
    help="How often each process looks whether an alias has moved.",
)
@click.option(
    "--fallback",
    type=click.Path(),
    metavar="FOLDER",
    help="Keep a copy of the model there, for a start without MLflow.",
)
@click.option(
    "--shadow",
    metavar="URI",
    callback=_uri,
    help="Score a copy of the traffic by this model, off the requests' path.",
)
@click.option(
    "--split", metavar="URI=PERCENT", callback=_percentage, help="Have this model answer a percentage of the requests."
)
@click.option(
    "--split-key", metavar="COLUMN", help="The column whose hash decides, where no header X-Split-Key is sent."
)
@click.option("--prediction-log", type=click.Path(), metavar="FOLDER", help="Log inputs and answers there.")
@click.option("--bins", type=click.Path(), metavar="FILE", help="A baseline's bins: count inputs into them.")
@click.option(
    "--probabilities/--no-probabilities",
    default=None,
    help="Log class probabilities of scikit-learn classifiers; on unless switched off.",
)
@click.option("--max-bytes", type=click.IntRange(min=1), show_default="10000000", help="A request's size at most.")
@click.option("--max-rows", type=click.IntRange(min=1), show_default="10000", help="A request's rows at most.")
@click.option(
    "--graceful-timeout",
    metavar="DURATION",
    callback=_duration,
    show_default="30s",
    help="How long requests in flight have after SIGTERM.",
)
@options.log_level("The least that is logged; info has a line for each request.")
@options.log_format
def serve(config_file: Path | None, tracking_uri: str | None, log_level: str, log_format: str, **chosen: Any) -> None:
    """Serve a model over HTTP by MLflow's protocol, with metrics and a log of its predictions."""
    if not chosen["model_uri"] and not config_file:
        raise click.UsageError("No model is named: give it, as in --model-uri models:/churn@champion.")
    if chosen["split_key"] and not chosen["split"] and not config_file:
        raise click.UsageError("--split-key is for --split, which is not given.")
    from mlflow_exporter.cli import logs
    from mlflow_exporter.cli.scoring import prepared
    from mlflow_exporter.registry.environment import prepare
    from mlflow_exporter.serving.multiprocess import metrics_folder

    logs.configure(log_level, log_format)
    scoring = prepared(config_file, tracking_uri, {name: value for name, value in chosen.items() if value is not None})
    prepare(scoring.timeout)
    with metrics_folder():
        serve_until_stopped = _server()
        serve_until_stopped(scoring.settings, scoring.tracking_uri, scoring.timeout)


def _server() -> Callable[[ServingSettings, str, float], None]:
    """What serves, loaded; raises ConfigurationError where a library of the extra `serve` is not installed."""
    try:
        from mlflow_exporter.serving.master import serve as serve_until_stopped
    except ModuleNotFoundError as error:
        from mlflow_exporter.errors import ConfigurationError

        mend = """pip install "mlflow-exporter[serve]", or pip install '.[serve]' where the source is"""
        raise ConfigurationError(f"{error.name} is not installed", where="serve", mend=mend) from error
    return serve_until_stopped
