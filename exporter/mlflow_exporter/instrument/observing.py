"""Metrics of the Prometheus client, changed in fewer steps than by its own methods.

Its `inc` and `observe` check at every call what is known once the metric has its labels, and ask one bucket after the
other: two to four times the cost. So the values that a metric is made of are added to directly; a test holds the two
to the same samples.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

FEW: Final = 4


def adder(metric: Any) -> Callable[[float], None]:
    """What adds an amount to a counter or a gauge, from any thread; nothing keeps a counter's from being negative."""
    add: Callable[[float], None] = metric._value.inc  # noqa: SLF001 -- see above
    return add


class Observer:
    """Observes values in a histogram, from any thread."""

    def __init__(self, histogram: Any) -> None:
        self._bounds: Sequence[float] = histogram._upper_bounds  # noqa: SLF001 -- see above
        self._add: list[Callable[[float], None]] = [bucket.inc for bucket in histogram._buckets]  # noqa: SLF001
        self._add_sum: Callable[[float], None] = histogram._sum.inc  # noqa: SLF001

    def observe(self, value: float) -> None:
        """Observe a number, which NaN is not."""
        self._add_sum(float(value))  # a sum that once met NumPy's 32 bits would have no more
        self._add[bisect_left(self._bounds, value)](1)

    def observe_many(self, values: Sequence[float]) -> None:
        """Observe each of the values; NaN, which is in no bucket and would spoil the sum, is left out."""
        known = [float(value) for value in values if value == value]  # noqa: PLR0124 -- NaN alone is not equal to itself
        if len(known) <= FEW:
            for value in known:
                self.observe(value)
            return
        for place, count in Counter(bisect_left(self._bounds, value) for value in known).items():
            self._add[place](count)
        self._add_sum(sum(known))
