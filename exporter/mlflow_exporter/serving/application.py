"""The Flask application of a worker: MLflow's routes, ours, and what all answers have in common."""

from __future__ import annotations

import json
import time
from io import StringIO
from typing import Any

import structlog
from flask import Flask, Response, g, request
from mlflow.pyfunc import scoring_server
from mlflow.version import VERSION
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge

from mlflow_exporter.errors import PredictionFailed
from mlflow_exporter.instrument.request_ids import HEADER, accepted, request_id
from mlflow_exporter.instrument.workers import WorkersCollector
from mlflow_exporter.serving import families
from mlflow_exporter.serving.bodies import Body, row_count
from mlflow_exporter.serving.refusals import Refusal
from mlflow_exporter.serving.server import Answer, ScoringServer

KEY_HEADER = "X-Split-Key"
_SCORING = ("invocations", "predict")
_JSON = "application/json"
_CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "CONTENT_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    500: "INTERNAL_ERROR",
    503: "TEMPORARILY_UNAVAILABLE",
}

_log = structlog.get_logger(__name__)


def create_app(server: ScoringServer, *, max_bytes: int) -> Flask:
    """The application; a body of more than `max_bytes` is refused with 413."""
    app = Flask(__name__, static_folder=None)
    # werkzeug cuts a body without Content-Length off there, in silence: the byte too many tells.
    app.config["MAX_CONTENT_LENGTH"] = max_bytes + 1
    app.before_request(_begin)
    app.after_request(_end)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(PredictionFailed, _failed)
    app.register_error_handler(Exception, _broken)
    _add_scoring(app, server, max_bytes)
    _add_probes(app, server)
    return app


def _add_scoring(app: Flask, server: ScoringServer, max_bytes: int) -> None:
    @app.post("/invocations")
    def invocations() -> Response:
        answer = _answered(server, max_bytes, plain=False)
        text = StringIO()
        write = (
            scoring_server.unwrapped_predictions_to_json if answer.question.bare else scoring_server.predictions_to_json
        )
        write(answer.predictions, text)  # type: ignore[no-untyped-call]
        return Response(text.getvalue(), content_type=_JSON)

    @app.post("/predict")
    def predict() -> Response:
        answer = _answered(server, max_bytes, plain=True)
        text, key = StringIO(), answer.model.key
        named = {"request_id": g.request_id, "model": key.name, "version": key.version}
        scoring_server.predictions_to_json(answer.predictions, text, named)  # type: ignore[no-untyped-call]
        return Response(text.getvalue(), content_type=_JSON)


def _answered(server: ScoringServer, max_bytes: int, *, plain: bool) -> Answer:
    content = request.get_data(cache=False)
    if len(content) > max_bytes:
        raise RequestEntityTooLarge
    body = Body(content, request.headers.get("Content-Type", ""), plain=plain)
    with request_id(g.request_id):
        answer = server.answer(body, g.request_id, request.headers.get(KEY_HEADER))
    g.answered, g.rows = answer.model.key, row_count(answer.question.rows)
    return answer


def _add_probes(app: Flask, server: ScoringServer) -> None:
    @app.get("/ping")
    def ping() -> Response:
        # As MLflow: an empty line, and 404 for a server without a model.
        return Response("\n", 200 if server.main.current else 404, content_type=_JSON)

    @app.get("/health")
    def health() -> Response:
        status = 200 if server.main.current else 503
        return Response(json.dumps(server.health()), status, content_type=_JSON)

    @app.get("/version")
    def version() -> Response:
        return Response(VERSION, content_type=_JSON)

    @app.get("/metrics")
    def metrics() -> Response:
        registry = CollectorRegistry()
        WorkersCollector(registry)
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(registry), content_type=content_type)


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = accepted(request.headers.get(HEADER))
    g.answered, g.rows, g.reason = None, None, None


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    route = request.url_rule.rule if request.url_rule else "other"
    families.REQUESTS.labels(route, str(response.status_code)).inc()
    if g.answered is not None:
        response.headers["X-Model-Name"] = g.answered.name.encode("ascii", "replace").decode()
        response.headers["X-Model-Version"] = g.answered.version
    if request.endpoint in _SCORING:
        _write_access(response)
    return response


def _write_access(response: Response) -> None:
    _log.info(
        "request",
        route=request.path,
        status=response.status_code,
        request_id=g.request_id,
        seconds=round(time.perf_counter() - g.began, 6),
        rows=g.rows,
        model=g.answered and g.answered.name,
        version=g.answered and g.answered.version,
        **({"reason": g.reason} if g.reason else {}),
    )


def _refused(error: HTTPException) -> Response:
    status = error.code or 500
    response = _json_error(status, error.description or error.name)
    if isinstance(error, Refusal):
        g.reason = error.reason
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _failed(error: PredictionFailed) -> Response:
    _log.error("the model failed", request_id=g.request_id, error=str(error), exc_info=error)
    return _json_error(500, "the model failed for input that fits its signature; the server's log has the request's id")


def _broken(error: Exception) -> Response:
    _log.error("the server failed", request_id=g.request_id, exc_info=error)
    return _json_error(500, InternalServerError.description)


def _json_error(status: int, message: str) -> Response:
    code = _CODES.get(status, f"HTTP_{status}")
    g.reason = code.lower()
    body: dict[str, Any] = {"error_code": code, "message": message}
    return Response(json.dumps({**body, "request_id": g.request_id}), status, content_type=_JSON)
