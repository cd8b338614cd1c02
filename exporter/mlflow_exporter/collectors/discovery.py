"""Which collectors there are: every module of this room that has a COLLECTOR. None is listed anywhere."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from mlflow_exporter import collectors
from mlflow_exporter.collectors.family import Collector


def discover() -> tuple[Collector[Any], ...]:
    """Every collector of this room, in order of module name."""
    return tuple(_found())


def _found() -> Iterator[Collector[Any]]:
    for module in sorted(pkgutil.iter_modules(collectors.__path__), key=lambda found: found.name):
        collector = getattr(importlib.import_module(f"{collectors.__name__}.{module.name}"), "COLLECTOR", None)
        if isinstance(collector, Collector):
            yield collector
