from __future__ import annotations

import threading
from typing import Any, cast

from prometheus_client import REGISTRY
from werkzeug.exceptions import BadRequest

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.instrument import current_request_id
from mlflow_exporter.serving.bodies import Body, Question
from mlflow_exporter.serving.served import ServedModel
from mlflow_exporter.serving.shadow import Shadow


class Slow:
    """A model that answers when it is let; it notes what it was asked, and under which id."""

    def __init__(self, name: str) -> None:
        self.key = ModelKey(name, "2")
        self.go, self.began = threading.Event(), threading.Event()
        self.asked: list[tuple[Any, str | None]] = []

    def predict(self, rows: Any, params: Any) -> None:
        """Wait, then note."""
        self.began.set()
        self.go.wait(10)
        self.asked.append((rows, current_request_id()))


MAIN = ModelKey("main", "1")


class Text:
    """A body that is its content."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self, model: Any, max_rows: int) -> Question:
        """The content, or an error where there is none."""
        if not self.content:
            raise BadRequest("empty")
        return Question(self.content.decode())


def shadow(model: Slow | None, **options: int) -> Shadow:
    """A shadow of a model."""
    return Shadow(lambda: cast("ServedModel | None", model), 100, **options)


def offer(to: Shadow, *contents: str, answered: ModelKey = MAIN) -> None:
    """Offer bodies, under ids that are their contents."""
    for content in contents:
        to.offer(cast("Body", Text(content.encode())), content, answered)


def dropped(name: str) -> float:
    """How many were dropped."""
    return REGISTRY.get_sample_value("ml_serving_shadow_dropped_total", {"model": name}) or 0.0


def test_what_is_offered_is_scored_under_its_id() -> None:
    """Offering returns at once; the model is asked later, in order, under the request's id, bad ones passed over."""
    model = Slow("in order")
    scoring = shadow(model)
    offer(scoring, "a", "", "b")
    assert model.asked == []
    model.go.set()
    scoring.close()
    assert model.asked == [("a", "a"), ("b", "b")]


def test_what_does_not_fit_is_dropped_and_counted() -> None:
    """The queue is bounded in requests and in bytes."""
    model = Slow("bounded")
    scoring = shadow(model, waiting=2, waiting_bytes=5)
    offer(scoring, "first")
    assert model.began.wait(10)
    offer(scoring, "aa", "123456", "bb", "c")
    assert dropped("bounded") == 2
    model.go.set()
    scoring.close()
    assert [rows for rows, _ in model.asked] == ["first", "aa", "bb"]


def test_without_a_model_nothing_waits() -> None:
    """Where no alias means a version, there is nothing to drop either."""
    scoring = shadow(None)
    offer(scoring, "a")
    scoring.close()
    assert not scoring._queue


def test_the_version_that_answered_is_not_asked_again() -> None:
    """What it predicted would be counted and logged twice: also where it became the shadow while the request waited."""
    shadowing = [Slow("before"), Slow("after")]
    before, after = shadowing
    scoring = Shadow(lambda: cast("ServedModel", shadowing[0]), 100)
    offer(scoring, "a", answered=before.key)
    offer(scoring, "b")
    assert before.began.wait(10)
    offer(scoring, "c", answered=after.key)
    offer(scoring, "d")
    shadowing.remove(before)
    before.go.set()
    after.go.set()
    scoring.close()
    assert [rows for rows, _ in before.asked] == ["b"]
    assert [rows for rows, _ in after.asked] == ["d"]


def test_closing_does_not_wait_for_ever() -> None:
    """A model that hangs does not hold up the end of a worker."""
    model = Slow("hanging")
    scoring = shadow(model)
    offer(scoring, "a", "b")
    scoring.close(seconds=0.01)
    model.go.set()
