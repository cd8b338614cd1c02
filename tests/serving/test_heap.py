from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from mlflow_exporter.serving.heap import settle


class Node:
    """A part of a circle, which only the collector can find to be garbage."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_there_is_not_looked_at_any_more() -> None:
    """An object that was there is none of the collector's, one that came later is."""
    before = Node()
    settle()
    after = Node()
    watched = {id(each) for each in gc.get_objects()}
    assert id(before) not in watched
    assert id(after) in watched


def test_a_model_that_was_let_go_is_gone_at_the_next_call() -> None:
    """What was kept from the collector and is no longer used is collected when the next model has been loaded."""
    model = Node()
    gone = weakref.ref(model)
    settle()
    del model
    gc.collect()
    assert gone() is not None
    settle()
    assert gone() is None
