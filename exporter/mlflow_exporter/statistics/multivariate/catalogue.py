"""Which dataset tests there are: each module of this package that has a score is one, and its name is the file's."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from types import MappingProxyType
from typing import Protocol, cast

from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.profiles.joint import JointTally
from mlflow_exporter.statistics import multivariate


class DatasetTest(Protocol):
    """What the module of every test of whole rows has.

    FLOOR is the score below which a drift is of no interest, REQUIRES the module of an extra that it needs. `sizes`
    tells how many rows of the baseline and of the window it compares. `score` is larger for what is further, and
    `critical` what a share `rate` of undrifted windows exceeds at most.
    """

    FLOOR: float
    REQUIRES: str | None

    def sizes(self, geometry: Geometry, window: JointTally, /) -> tuple[int, int]: ...

    def score(self, geometry: Geometry, window: JointTally, /) -> float: ...

    def critical(self, geometry: Geometry, window: JointTally, rate: float, /) -> float: ...


@cache
def dataset_tests() -> Mapping[str, DatasetTest]:
    """Every dataset test by name, in order of name.

    >>> list(dataset_tests())
    ['domain_classifier', 'pca_reconstruction']
    """
    names = sorted(module.name for module in pkgutil.iter_modules(multivariate.__path__))
    modules = {name: importlib.import_module(f"{multivariate.__name__}.{name}") for name in names}
    found = {name: cast(DatasetTest, module) for name, module in modules.items() if hasattr(module, "score")}
    return MappingProxyType(found)


def is_installed(test: DatasetTest) -> bool:
    """Whether what the test requires is there."""
    return test.REQUIRES is None or find_spec(test.REQUIRES) is not None
