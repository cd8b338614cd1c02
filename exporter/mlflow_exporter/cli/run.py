"""`mlflow-exporter run`: the exporter."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from mlflow_exporter.cli import options


def _addresses(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    from mlflow_exporter.errors import ConfigurationError
    from mlflow_exporter.web.server import parse_address

    for address in given:
        try:
            parse_address(address)
        except ConfigurationError as error:
            raise click.BadParameter(f"{error.what}; {error.mend}") from error
    return given


def _path(_ctx: click.Context, _param: click.Parameter, path: str) -> str:
    if not path.startswith("/"):
        raise click.BadParameter(f"{path!r} does not begin with a slash")
    return path


def _url(_ctx: click.Context, _param: click.Parameter, url: str) -> str:
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
        raise click.BadParameter(f"{url!r} is not of the form https://host/path")
    return url


@click.command(
    epilog="""\b
SIGHUP, or a POST to /-/reload, reads the configuration anew. SIGTERM and SIGINT stop with exit code 0.

\b
Examples:
  mlflow-exporter run --config.file /etc/mlflow-exporter/config.yml
  mlflow-exporter run --config.check
  mlflow-exporter run --web.listen-address 127.0.0.1:10045 --log.format json
  mlflow-exporter run --web.config.file web.yml
  mlflow-exporter run --shard 0 --total-shards 3
"""
)
@options.config_file
@click.option("--config.check", "config_check", is_flag=True, help="Check the configuration's text, and end.")
@click.option(
    "--web.listen-address",
    "listen",
    multiple=True,
    default=[":10045"],
    show_default=True,
    callback=_addresses,
    metavar="[HOST]:PORT",
    help="Where to listen; repeat it for several.",
)
@click.option(
    "--web.config.file",
    "web_config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TLS and basic authentication, in the format of Prometheus' exporters. Default: plain HTTP, for everyone.",
)
@click.option(
    "--web.telemetry-path",
    "telemetry_path",
    default="/metrics",
    show_default=True,
    callback=_path,
    metavar="PATH",
    help="The path that Prometheus scrapes.",
)
@click.option(
    "--web.external-url",
    "external_url",
    default="",
    callback=_url,
    metavar="URL",
    help="Its address behind a reverse proxy; the address's path is a prefix of every link.",
)
@options.log_level("The least that is logged.")
@options.log_format
@click.option(
    "--log.file",
    "log_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Log to this file instead of stderr; at 10 MB it is rotated, five old ones are kept.",
)
@click.option(
    "--shard",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Which share of the models this process has, from 0; chosen by a hash of their names.",
)
@click.option(
    "--total-shards",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Among how many processes the models are shared.",
)
def run(config_file: Path, config_check: bool, **chosen: Any) -> None:
    """Run the exporter."""
    if chosen["shard"] >= chosen["total_shards"]:
        raise click.UsageError("--shard counts from 0, so it must be below --total-shards.")
    if config_check:
        from mlflow_exporter.config.loading import load

        models = len(load(config_file).models)
        if chosen["web_config_file"]:
            from mlflow_exporter.web.guard import WebFile

            WebFile(chosen["web_config_file"])
        click.echo(f"{config_file} is valid: {models} model{'' if models == 1 else 's'}.")
        return
    from mlflow_exporter.cli.serving import Service, serve

    serve(Service(config_file, **chosen))
