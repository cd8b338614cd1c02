"""Routes for people: the overview and a page a model."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, render_template, request
from werkzeug.routing import PathConverter

from mlflow_exporter.results import Evaluation
from mlflow_exporter.web import model_page
from mlflow_exporter.web.confusion import Confusion
from mlflow_exporter.web.exporter import Exporter
from mlflow_exporter.web.lights import WAITING, lights
from mlflow_exporter.web.overview import beside, cards, parted, tally

_COLUMNS_SHOWN = 50


class ModelName(PathConverter):
    """Any name in a URL's path, one with slashes at its ends or line breaks included."""

    regex = "(?s:.+?)"
    part_isolating = False


def page_routes(exporter: Exporter, clock: Callable[[], float]) -> Blueprint:
    """`/` and `/models/<name>`."""
    routes = Blueprint("pages", __name__)

    @routes.get("/")
    def overview() -> str:
        shown = cards(exporter.results, exporter.expected_models())
        prominent, calm = parted(shown)
        return render_template(
            "overview.html", cards=prominent, calm=calm, tally=tally(shown), notices=exporter.notices(), now=clock()
        )

    @routes.get("/models/<model_name:name>")
    def model(name: str) -> str:
        evaluation = exporter.results.get(name)
        if evaluation is None and name not in exporter.expected_models():
            abort(404, f"No model named {name!r} is monitored here.")
        if evaluation is None:
            return render_template("waiting.html", name=name, light=WAITING, now=clock())
        return _page(evaluation, clock())

    return routes


def _page(evaluation: Evaluation, now: float) -> str:
    wanted = request.args.get("window")
    window = model_page.shown(evaluation.windows, wanted)
    if window is None and wanted is not None:
        abort(404, f"Model {evaluation.name!r} has no window {wanted!r}.")
    content = {}
    if window is not None and evaluation.description is not None:
        by_name = request.args.get("sort") == "name"
        columns = model_page.drift_rows(evaluation.description, window, by_name=by_name)
        limit = len(columns) if request.args.get("columns") == "all" else _COLUMNS_SHOWN
        content = {
            "columns": columns,
            "beside": tuple(beside(window)),
            "limit": limit,
            "by_name": by_name,
            "performance": model_page.performance_rows(evaluation.description, window),
            "confidence": model_page.confidence_rows(evaluation.description, window),
            "quality": model_page.quality_rows(evaluation.description, window),
            "confusion": Confusion.of(window.confusion),
            "segment_metrics": dict.fromkeys(m.name for segment in window.segments for m in segment.metrics),
        }
    return render_template(
        "model.html", evaluation=evaluation, lights=lights(evaluation), window=window, now=now, **content
    )
