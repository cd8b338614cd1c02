from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from mlflow_exporter.instrument import Monitor
from mlflow_exporter.instrument.decorating import decorate


def test_a_function_stays_what_it_is(monitor: Monitor, value: Callable[..., float]) -> None:
    """Name, docstring, signature and result are the function's."""

    def predict(row: dict[str, int], *, scale: int = 2) -> int:
        """Scales."""
        return row["x"] * scale

    decorated = decorate(monitor, predict)
    assert decorated({"x": 3}, scale=5) == 15
    assert (decorated.__name__, decorated.__doc__) == ("predict", "Scales.")
    assert inspect.signature(decorated) == inspect.signature(predict)
    assert value("ml_predictions_total") == 1


def test_a_coroutine_function_stays_one(monitor: Monitor, value: Callable[..., float]) -> None:
    """It is timed until its answer is there, not until it is awaited."""

    async def predict(row: dict[str, int]) -> str:
        await asyncio.wait_for(asyncio.to_thread(int), 10)
        assert value("ml_predictions_in_progress") == 1
        return "yes"

    decorated = decorate(monitor, predict)
    assert inspect.iscoroutinefunction(decorated)
    assert asyncio.run(decorated({"x": 1})) == "yes"
    assert value("ml_predicted_class_total", class_="yes") == 1


def test_a_stream_is_one_call_to_its_end(monitor: Monitor, value: Callable[..., float]) -> None:
    """A generator counts when it is exhausted, and what it is sent and returns goes through."""

    def words(prompt: str) -> Iterator[str]:
        yield "a"
        yield "b"

    stream = decorate(monitor, words)("hello")
    assert next(stream) == "a"
    assert value("ml_predictions_in_progress") == 1
    assert list(stream) == ["b"]
    assert (value("ml_predictions_total"), value("ml_predictions_in_progress")) == (1, 0)


def test_a_stream_that_is_closed_early_is_no_error(monitor: Monitor, value: Callable[..., float]) -> None:
    """The client is gone; the call counts."""

    async def words(prompt: str) -> AsyncIterator[str]:
        yield "a"
        yield "b"

    async def main() -> None:
        stream = decorate(monitor, words)("hello")
        assert await anext(stream) == "a"
        await stream.aclose()

    asyncio.run(main())
    assert (value("ml_predictions_total"), value("ml_predictions_in_progress")) == (1, 0)
    assert value("ml_prediction_errors_total", exception="GeneratorExit") == 0


def test_what_is_sent_to_an_async_stream_goes_through(monitor: Monitor, value: Callable[..., float]) -> None:
    """And what is thrown into it: the function decides what becomes of either."""

    async def echo() -> AsyncGenerator[str, str]:
        answer = "begin"
        while answer != "end":
            try:
                answer = yield answer
            except KeyError:
                answer = "caught"

    async def main() -> list[str]:
        stream = decorate(monitor, echo)()
        answers = [await anext(stream), await stream.asend("sent"), await stream.athrow(KeyError("thrown"))]
        with pytest.raises(StopAsyncIteration):
            await stream.asend("end")
        return answers

    assert asyncio.run(main()) == ["begin", "sent", "caught"]
    assert (value("ml_predictions_total"), value("ml_predictions_in_progress")) == (1, 0)


def test_an_object_that_is_called_as_a_coroutine_is_one(monitor: Monitor, value: Callable[..., float]) -> None:
    """It is timed to its answer, and its exception is counted."""

    class Model:
        async def __call__(self, row: dict[str, int]) -> str:
            await asyncio.wait_for(asyncio.to_thread(int), 10)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(decorate(monitor, Model())({"x": 1}))
    assert value("ml_prediction_errors_total", exception="ValueError") == 1


def test_an_async_stream_that_fails_is_an_error(monitor: Monitor, value: Callable[..., float]) -> None:
    """Its exception is counted when it is raised, in the middle of the stream."""

    async def words(prompt: str) -> AsyncIterator[str]:
        yield "a"
        raise ValueError("broken")

    async def main() -> list[str]:
        return [word async for word in decorate(monitor, words)("hello")]

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(main())
    assert value("ml_prediction_errors_total", exception="ValueError") == 1


@pytest.mark.parametrize(
    ("args", "kwargs", "rows"),
    (
        (({"x": 1},), {}, 1),
        (([{"x": 1}, {"x": 2}],), {}, 2),
        ((), {"rows": [{"x": 1}, {"x": 2}]}, 2),
        ((), {"age": 44, "region": "north"}, 1),
        ((44,), {"region": "north"}, 1),
        ((), {}, 1),
    ),
)
def test_the_arguments_are_the_inputs(
    monitor: Monitor, value: Callable[..., float], args: tuple[Any, ...], kwargs: dict[str, Any], rows: int
) -> None:
    """The only argument, or all of them by name."""

    def predict(*args: Any, **kwargs: Any) -> str:
        return "yes"

    decorate(monitor, predict)(*args, **kwargs)
    assert value("ml_prediction_batch_size_sum") == rows


def test_a_method_has_no_self_among_its_inputs(logged: Monitor, rows_in: Callable[..., Any]) -> None:
    """The model is no feature of itself."""

    class Model:
        @logged
        def predict(self, age: int, region: str) -> str:
            return "yes"

    assert Model().predict(44, region="north") == "yes"
    assert logged.log is not None
    assert logged.log.flush(10)
    (row,) = rows_in(logged.log.folder)
    assert (row["age"], row["region"], "self" in row) == (44, "north", False)


def test_what_is_read_of_arguments_and_result_can_be_told(monitor: Monitor, value: Callable[..., float]) -> None:
    """A function that takes a request and returns a response names the rows and the answers in them."""

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        return {"answers": ["no", "yes"], "took": 3}

    decorated = decorate(
        monitor, handle, inputs=lambda request: request["rows"], outputs=lambda response: response["answers"]
    )
    decorated({"rows": [{"x": 1}, {"x": 2}]})
    assert value("ml_prediction_batch_size_sum") == 2
    assert value("ml_predicted_class_total", class_="yes") == 1


def test_a_reader_that_fails_changes_nothing(monitor: Monitor, value: Callable[..., float]) -> None:
    """The function is called, and its answer returned."""
    decorated = decorate(monitor, lambda row: "yes", inputs=lambda row: row["missing"], outputs=lambda answer: 1 / 0)
    assert decorated({}) == "yes"
    assert value("ml_instrument_errors_total", stage="inputs") == 1
    assert value("ml_instrument_errors_total", stage="outputs") == 1
