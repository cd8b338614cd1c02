from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument import families
from mlflow_exporter.instrument.families import bind
from mlflow_exporter.instrument.faults import Faults
from mlflow_exporter.instrument.meters import BATCH, MOST_WAITING, Children, Meters, tally
from mlflow_exporter.instrument.outputs import read_outputs

KEY = ("churn", "3")
BATCH_ROWS = 100


def meters_of(registry: CollectorRegistry, classes: tuple[str, ...] = ()) -> Meters:
    """Meters of churn, version 3; an error in them is one in the test."""

    def fail(stage: str) -> None:
        pytest.fail(stage)

    return Meters(bind(registry), KEY, classes, Faults("churn/3", fail))


def test_values_beyond_fifty_share_one_counter(registry: CollectorRegistry, value: Callable[..., float]) -> None:
    """A label has few values, however many there are."""
    children = Children(bind(registry), families.CLASSES, KEY)
    for i in range(60):
        children.count(f"class {i}")
    assert value("ml_predicted_class_total", class_="class 49") == 1
    assert value("ml_predicted_class_total", class_="class 50") == 0
    assert value("ml_predicted_class_total", class_="other") == 10


def test_a_long_text_is_no_label(registry: CollectorRegistry, value: Callable[..., float]) -> None:
    """What a model writes to a user gets into no metric."""
    Children(bind(registry), families.CLASSES, KEY).count("Dear Jane Doe, " * 10)
    assert value("ml_predicted_class_total", class_="other") == 1


def test_known_values_start_at_zero_and_are_all_there_is(
    registry: CollectorRegistry, value: Callable[..., float]
) -> None:
    """A rate is right from the first prediction of a class."""
    children = Children(bind(registry), families.CLASSES, KEY, ("no", "yes"))
    assert registry.get_sample_value("ml_predicted_class_total", {"model": "churn", "version": "3", "class": "no"}) == 0
    children.count("perhaps")
    assert value("ml_predicted_class_total", class_="other") == 1


@pytest.mark.parametrize(
    ("answer", "classes", "counted"),
    (
        (["a", "b", "a"], (), {"a": 2, "b": 1}),
        ([1, 0, 1], (), {"1": 2, "0": 1}),
        ([True, False], (), {"true": 1, "false": 1}),
        ([1.0, 0.0], (), {"1": 0, "0": 0}),
        ([1.0, 0.0], ("0", "1"), {"1": 1, "0": 1}),
        (["1", 1], (), {"1": 2}),
        (None, (), {"None": 0}),
        (np.array([True, False, True]), (), {"true": 2, "false": 1}),
        (np.array([1, 0, 1]), (), {"1": 2, "0": 1}),
        (np.array([1.0, 0.0]), (), {"1": 0, "0": 0}),
        (np.array([1.0, 0.0, 1.0]), ("0", "1"), {"1": 2, "0": 1}),
        (pd.Series([1, 0, 1], index=[5, 6, 7]), (), {"1": 2, "0": 1}),
    ),
)
def test_classes_are_counted(
    registry: CollectorRegistry,
    value: Callable[..., float],
    answer: object,
    classes: tuple[str, ...],
    counted: dict[str, int],
) -> None:
    """Text and whole numbers are classes; floats only where the classes are told."""
    meters_of(registry, classes).answered(2, read_outputs(answer))
    assert {name: value("ml_predicted_class_total", class_=name) for name in counted} == counted


@pytest.mark.parametrize("batches", (1, MOST_WAITING - 1, MOST_WAITING, MOST_WAITING + 1))
def test_a_scrape_sees_the_answers_of_every_batch(
    registry: CollectorRegistry, value: Callable[..., float], batches: int
) -> None:
    """They wait for it, whatever became of the meters, and are counted once."""
    meters = meters_of(registry)
    for _ in range(batches):
        meters.answered(BATCH_ROWS, read_outputs([{"no": 0.25, "yes": 0.75}] * BATCH_ROWS))
    del meters
    for _ in range(2):
        assert value("ml_predicted_class_total", class_="yes") == batches * BATCH_ROWS
        assert value("ml_prediction_batch_size_sum") == batches * BATCH_ROWS
        assert value("ml_prediction_batch_size_count") == batches
        assert value("ml_prediction_confidence_sum") == 0.75 * batches * BATCH_ROWS


def test_only_so_many_batches_wait(registry: CollectorRegistry) -> None:
    """A server that nobody scrapes keeps a few answers, and large ones not at all."""
    meters = meters_of(registry)
    for _ in range(3 * MOST_WAITING - 1):
        meters.answered(BATCH_ROWS, read_outputs(["yes"] * BATCH_ROWS))
    assert len(meters._waiting) == MOST_WAITING - 1
    meters.answered(BATCH.stop, read_outputs(["yes"] * BATCH.stop))
    assert len(meters._waiting) == MOST_WAITING - 1


def test_a_forked_process_does_not_count_the_batches_of_its_parent(
    registry: CollectorRegistry, value: Callable[..., float]
) -> None:
    """They are the parent's to expose."""
    meters = meters_of(registry)
    meters.answered(BATCH_ROWS, read_outputs(["yes"] * BATCH_ROWS))
    child = os.fork()
    if child == 0:
        os._exit(int(value("ml_predicted_class_total", class_="yes")))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert value("ml_predicted_class_total", class_="yes") == BATCH_ROWS


@given(st.lists(st.integers(-40, 40)), st.sampled_from(["i8", "i1", "f4", "f8"]))
def test_an_array_is_tallied_as_its_values_are(values: list[int], kind: str) -> None:
    """However many there are of each, and the array stays as it was."""
    array = np.array(values, kind)
    assert tally(array) == Counter(values)
    assert array.tolist() == values


def test_a_fork_does_not_wait_for_a_lock_of_its_parent(registry: CollectorRegistry) -> None:
    """A thread that met a new value when the process was forked is not in the child to let go."""
    children = Children(bind(registry), families.CLASSES, KEY)
    with children._lock.held():
        child = os.fork()
        if child == 0:
            signal.alarm(5)
            children.count("new")
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
