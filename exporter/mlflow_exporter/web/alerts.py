"""The page of alerts."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import Blueprint, abort, render_template, request

from mlflow_exporter.errors import StateError
from mlflow_exporter.state.alerts import Status
from mlflow_exporter.web.alert_page import rows
from mlflow_exporter.web.exporter import Exporter

SHOWN = 50
"""Alerts on a page."""

_STATUSES = (None, "firing", "resolved")
_LAST_PAGE = 10_000


def alert_routes(exporter: Exporter, clock: Callable[[], float]) -> Blueprint:
    """`/alerts`, by `?model=`, `?status=` and `?page=`; alerts of severity info with `?info=yes` only."""
    routes = Blueprint("alerts", __name__)

    @routes.get("/alerts")
    def alerts() -> str:
        model, status, page = request.args.get("model") or None, _status(), _page()
        info = "yes" if request.args.get("info") == "yes" else None
        without, skip = None if info else "info", (page - 1) * SHOWN
        try:
            history = exporter.alerting.history(model=model, status=status, without=without, limit=SHOWN + 1, skip=skip)
        except StateError:
            abort(503, "The history of alerts cannot be read now; see the exporter's log.")
        shown = rows(history)
        place = {"model": model, "status": status, "info": info, "page": page, "more": len(shown) > SHOWN}
        counts = {None: history.firing + history.resolved, "firing": history.firing, "resolved": history.resolved}
        return render_template(
            "alerts.html", rows=shown[:SHOWN], history=history, counts=counts, place=place, now=clock()
        )

    return routes


def _status() -> Status | None:
    status = request.args.get("status") or None
    if status not in _STATUSES:
        abort(404, "The status of an alert is firing or resolved.")
    return cast("Status | None", status)


def _page() -> int:
    text = request.args.get("page", "1")
    if not (text.isdecimal() and 1 <= int(text[:9]) <= _LAST_PAGE):
        abort(404, f"Pages have numbers from 1 to {_LAST_PAGE:,}.")
    return int(text)
