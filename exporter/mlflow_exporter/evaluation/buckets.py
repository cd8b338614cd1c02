"""Time in buckets that widen with age: five minutes, then an hour, then a day.

A bucket is never wider than an eighth of its age or so, so a window that starts in one starts about right, and a long
window stays a few hundred merges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.state.buckets import Bucket, Buckets

FINE, HOUR, DAY = 300, 3_600, 86_400
FINE_KEPT, HOURS_KEPT = 12 * HOUR, 8 * DAY

Merge: TypeAlias = Callable[[Sequence[Bucket]], bytes]


@dataclass(frozen=True, slots=True)
class Scale:
    """How wide buckets are, seen from `now`: a day before `days_until`, an hour before `hours_until`, else fine.

    A `timeless` one, for snapshots, has a single bucket that starts at 0.
    """

    now: float
    timeless: bool = False

    @property
    def hours_until(self) -> int:
        return int((self.now - FINE_KEPT) // HOUR) * HOUR

    @property
    def days_until(self) -> int:
        return int((self.now - HOURS_KEPT) // DAY) * DAY

    def width_at(self, time: float) -> int:
        """The width of the bucket that holds a time."""
        if self.timeless:
            return 0
        if time < self.days_until:
            return DAY
        return HOUR if time < self.hours_until else FINE

    def start_of(self, time: float) -> int:
        """The start of the bucket that holds a time.

        >>> Scale(now=1_000_000.0).start_of(999_999.0), Scale(now=1_000_000.0).start_of(0.0)
        (999900, 0)
        """
        width = self.width_at(time)
        return int(time // width) * width if width else 0

    def starts_of(self, times: Floats) -> Ints:
        """(n,) the start of the bucket that holds each time."""
        if self.timeless:
            return np.zeros(len(times), np.int64)
        starts = whole(times, FINE)
        for width, until in ((HOUR, self.hours_until), (DAY, self.days_until)):
            older = times < until
            starts[older] = whole(times[older], width)
        return starts


def whole(times: Floats, width: int) -> Ints:
    """(n,) times, in Unix seconds, down to whole multiples of `width` seconds.

    >>> whole(np.array([899.9, 900.0, -0.5]), 300)
    array([ 600,  900, -300])
    """
    # In integers: exact, and ten times as fast as dividing floats.
    return np.floor(times).astype(np.int64) // width * width


def roll_up(buckets: Buckets, stream: int, scale: Scale, merge: Merge) -> None:
    """Merge the buckets of a stream that have become old enough into wider ones.

    `merge` makes one stored summary of several buckets. What happens more than once changes nothing.
    """
    for width, until in ((HOUR, scale.hours_until), (DAY, scale.days_until)):
        wide: dict[int, list[int]] = {}
        for start in buckets.narrower(stream, width, until):
            wide.setdefault(start // width * width, []).append(start)
        for start, members in wide.items():
            _replace(buckets, stream, Bucket(start, width, b""), members, merge)


def _replace(buckets: Buckets, stream: int, wide: Bucket, members: list[int], merge: Merge) -> None:
    """Put the members, and what is there already, into a wide bucket."""
    found = (buckets.at(stream, start) for start in sorted({wide.start, *members}))
    summary = merge([bucket for bucket in found if bucket is not None])
    buckets.drop(stream, members)
    buckets.put(stream, replace(wide, summary=summary))
