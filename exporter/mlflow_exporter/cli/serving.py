"""The exporter as a process: it serves until a signal stops it."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from mlflow_exporter import __version__
from mlflow_exporter.app import Application, Shard
from mlflow_exporter.cli import logs, signals
from mlflow_exporter.errors import MlflowExporterError
from mlflow_exporter.web import webhook
from mlflow_exporter.web.application import create_app
from mlflow_exporter.web.server import guarded_server

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Service:
    """What the options of `run` say."""

    config_file: Path
    listen: tuple[str, ...] = (":10045",)
    web_config_file: Path | None = None
    telemetry_path: str = "/metrics"
    external_url: str = ""
    log_level: str = "info"
    log_format: str = "logfmt"
    log_file: Path | None = None
    shard: int = 0
    total_shards: int = 1

    @property
    def prefix(self) -> str:
        """The path under which a reverse proxy shows it."""
        return urlsplit(self.external_url).path


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT; raises MlflowExporterError where that cannot even begin."""
    logs.configure(service.log_level, service.log_format, service.log_file)
    application = Application(service.config_file, Shard(service.shard, service.total_shards))
    web = create_app(application, telemetry_path=service.telemetry_path, external_url=service.external_url)
    server = guarded_server(web, service.listen, service.web_config_file, [webhook.PATH], service.prefix)
    with signals.received() as arrived:
        server.start()
        _announce(application, server.addresses)
        application.start()
        while (number := arrived.get()) is signal.SIGHUP:
            _reload(application)
    # A second signal ends the process as it would any other.
    _log.info("stopping", signal=number.name)
    server.stop()
    application.stop()
    _log.info("stopped")


def _announce(application: Application, addresses: list[str]) -> None:
    models = sorted(application.expected_models())
    _log.info("started", version=__version__, listen=addresses, models=models, state=application.state)


def _reload(application: Application) -> None:
    try:
        application.reload()
    except MlflowExporterError:
        return  # logged by the application, which goes on with what it had
