"""The route that Prometheus scrapes."""

from __future__ import annotations

from flask import Blueprint, Response, request

from mlflow_exporter.web.exporter import Exporter
from mlflow_exporter.web.negotiation import negotiate


def metrics_routes(exporter: Exporter, path: str) -> Blueprint:
    """`/metrics`, in the format and the encoding that the request asks for."""
    routes = Blueprint("metrics", __name__)

    @routes.get(path)
    def metrics() -> Response:
        style = negotiate(request.headers.get("Accept", ""))
        gzip = request.accept_encodings.quality("gzip") > 0
        response = Response(exporter.exposition.render(style, gzip=gzip), content_type=style.value)
        response.headers["Vary"] = "Accept, Accept-Encoding"
        if gzip:
            response.headers["Content-Encoding"] = "gzip"
        return response

    return routes
