"""Functions, coroutines and generators whose every call is monitored."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import TYPE_CHECKING, Any

from mlflow_exporter.instrument.call import Call
from mlflow_exporter.instrument.options import check_callable

if TYPE_CHECKING:
    from mlflow_exporter.instrument.monitoring import Monitor

_SCALARS = (str, bytes, int, float, type(None))


def decorate(
    monitor: Monitor,
    function: Any,
    inputs: Callable[..., Any] | None = None,
    outputs: Callable[[Any], Any] | None = None,
) -> Any:
    """A function that does the same, under the same signature, and is monitored.

    `inputs` is called with the arguments and gives what of them the model is given, `outputs` with the result and
    gives what of it is the answer; by default all of both. Of a generator the answer is not read, and its latency is
    that of the whole stream.

    Raises TypeError where `inputs` or `outputs` cannot be called.
    """
    check_callable("inputs", inputs)
    check_callable("outputs", outputs)
    watched = _Watched(monitor, function, inputs or _default_reader(function), outputs)
    return functools.wraps(function)(_wrapper(function)(watched))


class _Watched:
    """A function, and how its arguments and its result are read."""

    def __init__(
        self,
        monitor: Monitor,
        function: Any,
        inputs: Callable[..., Any],
        outputs: Callable[[Any], Any] | None,
    ) -> None:
        self._monitor, self.function, self._inputs, self._outputs = monitor, function, inputs, outputs

    def call(self, *, is_shared: bool = True) -> Call:
        return Call(self._monitor, is_shared=is_shared)

    def take(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._monitor.faults.attempt("inputs", self._take, call, args, kwargs)

    def answer(self, call: Call, result: Any) -> None:
        if self._outputs is None:
            call.outputs(result)
        else:
            self._monitor.faults.attempt("outputs", self._give, call, result, self._outputs)

    def _take(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        call.inputs(self._inputs(*args, **kwargs))

    def _give(self, call: Call, result: Any, read: Callable[[Any], Any]) -> None:
        call.outputs(read(result))


def _wrapper(function: Any) -> Callable[[_Watched], Any]:
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        return _coroutine
    if inspect.isasyncgenfunction(function):
        return _async_generator
    return _generator if inspect.isgeneratorfunction(function) else _plain


def _plain(watched: _Watched) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with watched.call() as call:
            watched.take(call, args, kwargs)
            result = watched.function(*args, **kwargs)
            watched.answer(call, result)
            return result

    return wrapper


def _coroutine(watched: _Watched) -> Any:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with watched.call() as call:
            watched.take(call, args, kwargs)
            result = await watched.function(*args, **kwargs)
            watched.answer(call, result)
            return result

    return wrapper


def _generator(watched: _Watched) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with watched.call(is_shared=False) as call:
            watched.take(call, args, kwargs)
            return (yield from watched.function(*args, **kwargs))

    return wrapper


def _async_generator(watched: _Watched) -> Any:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with watched.call(is_shared=False) as call:
            watched.take(call, args, kwargs)
            stream = watched.function(*args, **kwargs)
            try:
                item = await anext(stream)
                while True:
                    # What `yield from` does for plain generators.
                    try:
                        sent = yield item
                    except GeneratorExit:
                        raise
                    except BaseException as error:  # noqa: BLE001 -- thrown into this stream, it is the function's
                        item = await stream.athrow(error)
                    else:
                        item = await stream.asend(sent)
            except StopAsyncIteration:
                return
            finally:
                await stream.aclose()

    return wrapper


def _default_reader(function: Any) -> Callable[..., Any]:
    """What of its arguments a function's model is given: the only one, or all by name; never `self`."""
    names = list(inspect.signature(function).parameters)
    skipped = 1 if names[:1] in (["self"], ["cls"]) else 0

    def read(*args: Any, **kwargs: Any) -> Any:
        given = args[skipped:]
        if len(given) == 1 and not kwargs:
            return given[0]
        if len(kwargs) == 1 and not given and not isinstance(only := next(iter(kwargs.values())), _SCALARS):
            return only
        return {**dict(zip(names[skipped:], given, strict=False)), **kwargs}

    return read
