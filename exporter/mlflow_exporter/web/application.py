"""The Flask application: every route, and what all answers have in common."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response, render_template
from werkzeug.exceptions import HTTPException

from mlflow_exporter import __version__
from mlflow_exporter.web import formats, model_page
from mlflow_exporter.web.alerts import alert_routes
from mlflow_exporter.web.exporter import Exporter
from mlflow_exporter.web.lifecycle import lifecycle_routes
from mlflow_exporter.web.metrics import metrics_routes
from mlflow_exporter.web.pages import ModelName, page_routes
from mlflow_exporter.web.prefix import Prefixed
from mlflow_exporter.web.webhook import webhook_routes

# Nothing is ever loaded from elsewhere, and no script runs.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def create_app(
    exporter: Exporter,
    *,
    clock: Callable[[], float] = time.time,
    telemetry_path: str = "/metrics",
    external_url: str = "",
) -> Flask:
    """The web application of an exporter.

    `external_url` is the address under which a reverse proxy shows it; its path is a prefix of every link and may,
    or may not, have been stripped from requests.
    """
    app = Flask(__name__)
    app.url_map.merge_slashes = False
    app.url_map.converters["model_name"] = ModelName
    app.register_blueprint(metrics_routes(exporter, telemetry_path))
    app.register_blueprint(lifecycle_routes(exporter))
    app.register_blueprint(page_routes(exporter, clock))
    app.register_blueprint(alert_routes(exporter, clock))
    app.register_blueprint(webhook_routes(exporter))
    app.add_url_rule("/favicon.ico", "favicon", lambda: app.send_static_file("icon.svg"))
    app.register_error_handler(HTTPException, _error_page)
    app.after_request(_with_headers)
    _set_up_templates(app)
    app.wsgi_app = Prefixed(app.wsgi_app, urlsplit(external_url).path)  # type: ignore[method-assign]  # flask's idiom
    return app


def _set_up_templates(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        number=formats.number,
        measured=formats.measured,
        p_value=formats.p_value,
        times=formats.times,
        period=formats.period,
        signed=formats.signed,
        percent=formats.percent,
        span=formats.span,
        ago=formats.ago,
        timestamp=formats.timestamp,
        words=formats.title,
        explained=model_page.explained,
    )
    app.jinja_env.globals["version"] = __version__


def _error_page(error: HTTPException) -> tuple[str, int]:
    return render_template("error.html", error=error), error.code or 500


def _with_headers(response: Response) -> Response:
    response.headers.update(_HEADERS)
    return response
