from __future__ import annotations

from collections.abc import Callable

import pytest

from mlflow_exporter.instrument import Monitor
from mlflow_exporter.instrument.requests import is_call, judge


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    (("POST", "/predict", True), ("GET", "/predict", False), ("POST", "/metrics", False), ("POST", "/predict/", False)),
)
def test_a_post_to_a_path_of_the_model_is_a_call(method: str, path: str, asked: bool) -> None:
    """Health checks and scrapes are none."""
    assert is_call(method, path, ["/predict"]) == asked


@pytest.mark.parametrize(
    ("status", "inside", "exception"),
    (
        (200, None, None),
        (400, None, None),
        (422, "ValueError", None),
        (500, None, "HTTP 500"),
        (500, "KeyError", "KeyError"),
    ),
)
def test_the_status_decides_what_is_an_error(
    monitor: Monitor, value: Callable[..., float], status: int, inside: str | None, exception: str | None
) -> None:
    """500 and above, named by what was raised inside; a request that was refused is the client's error."""
    with monitor.monitored() as call:
        if inside is not None:
            call.fail(inside)
        judge(call, status)
    names = {"HTTP 500", "KeyError", "ValueError"}
    assert {name for name in names if value("ml_prediction_errors_total", exception=name)} == {exception} - {None}
