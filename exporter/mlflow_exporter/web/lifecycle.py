"""Routes for machines: health, readiness, reload, configuration."""

from __future__ import annotations

from flask import Blueprint, Response

from mlflow_exporter.errors import MlflowExporterError
from mlflow_exporter.web.exporter import Exporter


def lifecycle_routes(exporter: Exporter) -> Blueprint:
    """`/-/healthy`, `/-/ready`, `/-/reload` and `/config`."""
    routes = Blueprint("lifecycle", __name__)

    @routes.get("/-/healthy")
    def healthy() -> Response:
        return _text("mlflow-exporter is healthy.\n")

    @routes.get("/-/ready")
    def ready() -> Response:
        missing = sorted(set(exporter.expected_models()) - set(exporter.results.latest()))
        if missing:
            return _text(f"Not ready: waiting for the first evaluation of {', '.join(missing)}.\n", 503)
        return _text("mlflow-exporter is ready.\n")

    @routes.post("/-/reload")
    def reload() -> Response:
        try:
            exporter.reload()
        except MlflowExporterError as error:
            return _text(f"The configuration was not reloaded, the old one stays in force.\n{error}\n", 500)
        return _text("The configuration was reloaded.\n")

    @routes.get("/config")
    def config() -> Response:
        return _text(exporter.config_text())

    return routes


def _text(body: str, status: int = 200) -> Response:
    return Response(body, status, content_type="text/plain; charset=utf-8")
