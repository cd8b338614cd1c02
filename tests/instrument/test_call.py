from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument import Monitor, request_id
from mlflow_exporter.instrument.call import Call


def test_a_call_is_counted_and_timed(monitor: Monitor, value: Callable[..., float]) -> None:
    """Calls, their latency, their rows; in progress only in between."""
    with monitor.monitored() as call:
        call.inputs([{"x": 1}, {"x": 2}])
        call.outputs(["no", "yes"])
        assert value("ml_predictions_in_progress") == 1
    assert value("ml_predictions_in_progress") == 0
    assert value("ml_predictions_total") == value("ml_prediction_latency_seconds_count") == 1
    assert value("ml_prediction_batch_size_sum") == 2
    assert value("ml_predicted_class_total", class_="yes") == 1


def test_an_exception_is_an_error_and_goes_its_way(monitor: Monitor, value: Callable[..., float]) -> None:
    """It is counted by its class; the call counts, too, so that errors are a share of calls."""
    with pytest.raises(KeyError), monitor.monitored():
        raise KeyError("age")
    assert value("ml_prediction_errors_total", exception="KeyError") == 1
    assert value("ml_predictions_total") == value("ml_prediction_latency_seconds_count") == 1
    assert value("ml_prediction_batch_size_count") == value("ml_predictions_in_progress") == 0


@pytest.mark.parametrize("error", (asyncio.CancelledError, KeyboardInterrupt, GeneratorExit))
def test_a_cancelled_call_counts_and_is_no_error(
    monitor: Monitor, value: Callable[..., float], registry: CollectorRegistry, error: type[BaseException]
) -> None:
    """A client that gave up waiting has met a slow answer, not a wrong one."""
    with pytest.raises(error), monitor.monitored():
        raise error
    assert value("ml_prediction_latency_seconds_count") == 1
    assert value("ml_prediction_errors_total", exception=error.__name__) == 0


def test_a_call_inside_is_part_of_the_call(monitor: Monitor, value: Callable[..., float]) -> None:
    """A monitored function in a monitored request of the same model is one call, with what either of them tells."""
    with monitor.monitored("r1") as outer, monitor.monitored() as inner:
        inner.inputs({"x": 1})
        inner.outputs("yes")
        assert inner.request_id == outer.request_id == "r1"
    assert value("ml_predictions_total") == 1
    assert value("ml_predicted_class_total", class_="yes") == 1


def test_a_call_of_another_model_is_its_own(registry: CollectorRegistry) -> None:
    """Two models that call each other count once each."""
    monitors = [Monitor(name, 1, registry=registry) for name in ("router", "expert")]
    with monitors[0].monitored(), monitors[1].monitored():
        pass
    counts = [
        registry.get_sample_value("ml_predictions_total", {"model": name, "version": "1"})
        for name in ("router", "expert")
    ]
    assert counts == [1, 1]


async def others_run() -> None:
    """Let every other task have its turn."""
    turn = asyncio.Event()
    asyncio.get_running_loop().call_soon(turn.set)
    await turn.wait()


def test_calls_of_other_threads_and_tasks_are_their_own(monitor: Monitor, value: Callable[..., float]) -> None:
    """Only what is inside of a call is a part of it."""

    def call() -> None:
        with monitor.monitored():
            pass

    async def both() -> None:
        async def task() -> None:
            async with monitor.monitored():
                await others_run()

        await asyncio.gather(task(), task(), task())

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(call) for _ in range(40)]:
            done.result()
    asyncio.run(both())
    assert value("ml_predictions_total") == 43
    assert value("ml_predictions_in_progress") == 0


def test_a_task_that_outlives_its_request_is_a_call_of_its_own(monitor: Monitor, value: Callable[..., float]) -> None:
    """A call that has ended takes no others in."""

    async def main() -> None:
        ended = asyncio.Event()

        async def later() -> None:
            await ended.wait()
            with monitor.monitored():
                pass

        with monitor.monitored():
            task = asyncio.create_task(later())
        ended.set()
        await task

    asyncio.run(main())
    assert value("ml_predictions_total") == 2


def test_a_call_that_ends_in_another_context_is_counted(monitor: Monitor, value: Callable[..., float]) -> None:
    """A framework may answer in a task of its own, whose context is a copy."""
    call = monitor.monitored()
    call.__enter__()
    copy_context().run(call.__exit__, None, None, None)
    assert (value("ml_predictions_total"), value("ml_predictions_in_progress")) == (1, 0)
    with monitor.monitored():
        pass
    assert value("ml_predictions_total") == 2


def test_the_identifier_is_the_requests(monitor: Monitor) -> None:
    """The one given, else the request's, else a new one."""
    with request_id("request"):
        assert Call(monitor).request_id == "request"
        assert Call(monitor, "given").request_id == "given"
    assert Call(monitor).request_id not in {"request", "given"}


class Exploding:
    """Raises whatever one asks it."""

    def __len__(self) -> int:
        raise RuntimeError("boom")

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("boom")

    def __iter__(self) -> Any:
        raise MemoryError


class Endless(list[Any]):
    """A list that lies about what it has."""

    def __getitem__(self, index: Any) -> Any:
        raise RecursionError


WEIRD: dict[str, Callable[[], Any]] = {
    "exploding": Exploding,
    "list of it": lambda: [Exploding()],
    "dictionary of it": lambda: {"x": Exploding()},
    "endless": lambda: Endless([1]),
    "ragged": lambda: [[1], [2, 3]],
    "no JSON": lambda: [{1: {2}}],
}


@pytest.mark.parametrize("make", WEIRD.values(), ids=WEIRD.keys())
def test_no_input_or_output_breaks_a_prediction(
    logged: Monitor, value: Callable[..., float], make: Callable[[], Any]
) -> None:
    """What cannot be read is an error of the instrument, never of the call; the next call is as good as any."""
    weird = make()
    with logged.monitored() as call:
        call.inputs(weird)
        call.outputs(weird)
    with logged.monitored() as call:
        call.inputs({"x": 1})
        call.outputs("yes")
    assert logged.log is not None
    assert logged.log.flush(10)
    assert value("ml_predictions_total") == 2
    assert value("ml_predicted_class_total", class_="yes") == 1
