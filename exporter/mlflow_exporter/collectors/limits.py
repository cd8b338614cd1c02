"""What is kept of a model's samples: one for each series, the important ones first, no more than its limit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TypeAlias

from mlflow_exporter.collectors.family import Family, Sample

Points: TypeAlias = Mapping[tuple[str, ...], float]


def by_family(samples: Iterable[Sample]) -> dict[Family, Points]:
    """Label values to value, for each family that has any: no series is there twice, none without a number.

    Of two samples at the same labels the first stays.
    """
    families: dict[Family, dict[tuple[str, ...], float]] = {}
    for family, labels, value in samples:
        if value is not None and not math.isnan(value):
            families.setdefault(family, {}).setdefault(labels, value)
    return dict(families)


def within(families: Mapping[Family, Points], limit: int | None) -> dict[Family, Points]:
    """At most `limit` series, by importance of their family, then by name; all of them where it is None."""
    if limit is None:
        return dict(families)
    kept: dict[Family, Points] = {}
    room = limit
    for family in sorted(families, key=lambda found: (found.importance, found.name)):
        points = dict(islice(families[family].items(), room))
        if points:
            kept[family] = points
        room -= len(points)
    return kept


def count(families: Mapping[Family, Points]) -> int:
    """How many series."""
    return sum(map(len, families.values()))
