"""Geometry of the page's charts: places and lengths in percent of the drawing, so that it fits every screen."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow_exporter.results import DatasetDrift, Distribution, DriftScore
from mlflow_exporter.web.formats import percent

_AXIS = 4.0
_BASELINE_WIDTH, _WINDOW_WIDTH = 0.86, 0.44


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """A score in units of its threshold on an axis that ends at four of them; `beyond` where it goes further."""

    length: float
    mark: float
    beyond: bool

    @classmethod
    def of(cls, score: DriftScore) -> ScoreBar:
        """The bar of a score."""
        ratio = severity(score)
        return cls(100 * min(ratio, _AXIS) / _AXIS, 100 / _AXIS, ratio > _AXIS)


def severity(score: DriftScore | DatasetDrift) -> float:
    """How many times its threshold a score is."""
    if score.threshold > 0:
        return score.score / score.threshold
    return float("inf") if score.score > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A bin's shares, and where its two bars stand; y counts from the top."""

    label: str
    baseline: float
    window: float
    left: float
    width: float
    baseline_height: float
    window_height: float

    @property
    def window_left(self) -> float:
        """The window's bar stands in the middle of the baseline's."""
        return self.left + self.width * (1 - _WINDOW_WIDTH / _BASELINE_WIDTH) / 2

    @property
    def window_width(self) -> float:
        """The window's bar is narrower, so that both can be seen."""
        return self.width * _WINDOW_WIDTH / _BASELINE_WIDTH

    @property
    def text(self) -> str:
        """Both shares in words."""
        return f"{self.label}: baseline {percent(self.baseline)}, window {percent(self.window)}"


@dataclass(frozen=True, slots=True)
class Chart:
    """A distribution in the window against the baseline; `top` is the largest share, `numeric` bins are ordered."""

    column: str
    numeric: bool
    top: float
    bars: tuple[Bar, ...]

    @classmethod
    def of(cls, distribution: Distribution, *, numeric: bool) -> Chart:
        """The chart of a distribution that has a bin at least."""
        top = max(*distribution.baseline, *distribution.window) or 1.0
        step = 100 / len(distribution.bins)
        shares = zip(distribution.bins, distribution.baseline, distribution.window, strict=True)
        bars = tuple(
            Bar(
                label,
                baseline,
                window,
                left=step * (i + (1 - _BASELINE_WIDTH) / 2),
                width=step * _BASELINE_WIDTH,
                baseline_height=100 * (baseline / top),
                window_height=100 * (window / top),
            )
            for i, (label, baseline, window) in enumerate(shares)
        )
        return cls(distribution.column, numeric, top, bars)

    @property
    def text(self) -> str:
        """What the chart shows, for those who do not see it."""
        largest = max(self.bars, key=lambda bar: abs(bar.window - bar.baseline))
        return f"Distribution of {self.column}, window against baseline. Largest change at {largest.text}."


@dataclass(frozen=True, slots=True)
class Whisker:
    """A value with its interval, the baseline's value and the bounds, on an axis that holds them all."""

    value: float
    lower: float | None
    upper: float | None
    baseline: float | None
    bounds: tuple[float, ...]

    @classmethod
    def of(
        cls, value: float, interval: tuple[float | None, float | None], baseline: float | None, *bounds: float
    ) -> Whisker:
        """The whisker of a measured value."""
        known = [number for number in (value, *interval, baseline, *bounds) if number is not None]
        low, width = min(known), (max(known) - min(known)) or 1.0

        def place(number: float) -> float:
            return 6 + 88 * (number - low) / width

        lower, upper, expected = (None if n is None else place(n) for n in (*interval, baseline))
        return cls(place(value), lower, upper, expected, tuple(map(place, bounds)))
