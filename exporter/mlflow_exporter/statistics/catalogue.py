"""Which drift tests there are: each module of this package that has a score is one, and its name is the file's."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal, Protocol, cast, runtime_checkable

from mlflow_exporter import statistics
from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats


@runtime_checkable
class DriftTest(Protocol):
    """What every drift test's module has; and it is either a AnalyticTest or a SimulatedTest.

    CELLS tells which comparison it takes: the `fine` ordered cells of numeric columns, or `coarse` ones, which
    are also the categories. FLOOR is the score below which a drift is of no interest. `score` is larger for what is
    further, does not grow with the rows, and is NaN where it cannot be computed.
    """

    CELLS: Literal["fine", "coarse"]
    FLOOR: float

    def score(self, comparison: Comparison, /) -> Floats: ...


@runtime_checkable
class AnalyticTest(Protocol):
    """A drift test whose critical values are known in closed form."""

    def critical(self, comparison: Comparison, rate: float, /) -> Floats: ...


@runtime_checkable
class SimulatedTest(DriftTest, Protocol):
    """A drift test whose distribution without drift is simulated from the baseline (`null`).

    score * effective_rows ** SHRINKS hardly depends on the rows, and its POWER is close to Pearson's type III.
    """

    POWER: int
    SHRINKS: float


@runtime_checkable
class RareEvents(Protocol):
    """A drift test that one rare event can move: `rare` is the score it reaches at a rate, which moments don't show."""

    def rare(self, comparison: Comparison, rate: float, /) -> Floats: ...


@runtime_checkable
class PValued(Protocol):
    """A drift test with a p-value."""

    def p_value(self, comparison: Comparison, score: Floats, /) -> Floats: ...


@runtime_checkable
class ScaledFloor(Protocol):
    """A drift test whose score of one and the same drift depends on the ratio of the two sizes."""

    def floor(self, comparison: Comparison, effect: Floats, /) -> Floats: ...


@cache
def drift_tests() -> Mapping[str, DriftTest]:
    """Every drift test by name, in order of name.

    >>> drift_tests()["ks"].FLOOR
    0.08
    """
    modules = [importlib.import_module(f"{statistics.__name__}.{name}") for name in _module_names()]
    found = {module.__name__.rpartition(".")[2]: module for module in modules if hasattr(module, "score")}
    return MappingProxyType({name: cast(DriftTest, module) for name, module in found.items()})


def _module_names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(statistics.__path__))
