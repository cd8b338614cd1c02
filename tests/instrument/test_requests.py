from __future__ import annotations

from collections.abc import Callable

import pytest

from mlflow_exporter.instrument import Monitor, current_request_id
from mlflow_exporter.instrument.requests import Requests, judge


@pytest.mark.parametrize(
    ("method", "path", "is_call"),
    (("POST", "/predict", True), ("GET", "/predict", False), ("POST", "/metrics", False), ("POST", "/predict/", False)),
)
def test_a_post_to_a_path_of_the_model_is_a_call(monitor: Monitor, method: str, path: str, is_call: bool) -> None:
    """Health checks and scrapes are none."""
    assert Requests(monitor, ["/predict"]).is_call(method, path) == is_call


def test_a_request_has_its_identifier_inside(monitor: Monitor, value: Callable[..., float]) -> None:
    """Whether it is a call or not."""
    requests = Requests(monitor, ["/predict"])
    for is_call in (True, False):
        with requests.handled("r1", is_call=is_call) as call:
            assert current_request_id() == "r1"
            assert (call is not None) == is_call
    assert value("ml_predictions_total") == 1


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
