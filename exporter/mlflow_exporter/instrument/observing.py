"""Many observations of a histogram at once."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

FEW: Final = 4


def observe_many(histogram: Any, values: Sequence[float]) -> None:
    """Observe each of the values; NaN, which is in no bucket and would spoil the sum, is left out.

    The client library has no call for this, and `observe` costs a microsecond or two for each value. So the buckets
    are added to directly; a test holds the two to the same samples.
    """
    known = [value for value in values if value == value]  # noqa: PLR0124 -- NaN alone is not equal to itself
    if len(known) <= FEW:
        for value in known:
            histogram.observe(value)
        return
    bounds, buckets = histogram._upper_bounds, histogram._buckets  # noqa: SLF001 -- see above
    for place, count in Counter(bisect_left(bounds, value) for value in known).items():
        buckets[place].inc(count)
    histogram._sum.inc(sum(known))  # noqa: SLF001 -- see above
