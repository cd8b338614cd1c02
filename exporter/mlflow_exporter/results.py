"""The latest finished evaluation of each model: where the scheduler and the web meet.

Everything here is a frozen value. What could not be computed is absent and has a `Skipped` with its reason.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlflow_exporter.domain import Measurement, ModelKey, Problem, Role, Task, Window


@dataclass(frozen=True, slots=True)
class Skipped:
    """A subject (drift, quality, performance, label_drift, ...) that was not computed, and why.

    `reason` is one of no_data, too_few_rows, no_labels, no_baseline, no_probabilities, not_installed,
    not_configured.
    """

    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class DriftScore:
    """One test on one column; `deciding` marks the test whose verdict is the column's."""

    column: str
    role: Role
    test: str
    score: float
    threshold: float
    p_value: float | None
    deciding: bool

    @property
    def detected(self) -> bool:
        """The verdict, made here and nowhere else."""
        return self.score > self.threshold


@dataclass(frozen=True, slots=True)
class DatasetDrift:
    """One test on whole rows: what columns do together."""

    test: str
    score: float
    threshold: float

    @property
    def detected(self) -> bool:
        """The verdict, made here and nowhere else."""
        return self.score > self.threshold


@dataclass(frozen=True, slots=True)
class ColumnQuality:
    """State of a feature's values in a window (or in the baseline); ratios are of all rows that had the column.

    `unseen_ratio` is None for numeric columns and where the baseline itself has unlisted categories;
    `out_of_range_ratio`, `mean`, `stddev` and `quantiles` (by rank, 0.05 to 0.95) are None or empty for categorical
    columns and for columns without a finite value.
    """

    column: str
    rows: int
    missing_ratio: float
    invalid_ratio: float
    unseen_ratio: float | None = None
    out_of_range_ratio: float | None = None
    mean: float | None = None
    stddev: float | None = None
    quantiles: Mapping[float, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Distribution:
    """Shares of a column's values, window against baseline, in at most 20 bins: what the page draws.

    `bins` are labels in drawing order (`12.5–14`, a category, or `unseen`); the shares of each side sum to 1.
    """

    column: str
    role: Role
    bins: tuple[str, ...]
    baseline: tuple[float, ...]
    window: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ClassPerformance:
    """Precision, recall, f1 and support (rows that are of the class) of one class."""

    label: str
    metrics: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class SegmentPerformance:
    """Performance on the rows of one segment, named `column=value`."""

    segment: str
    rows: int
    metrics: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class PredictionStatistics:
    """What the model answered: shares by class, confidence (its highest probability), spread, latency."""

    mean: float | None = None
    stddev: float | None = None
    confidence_mean: float | None = None
    low_confidence_ratio: float | None = None
    dominant_class_ratio: float | None = None
    class_ratios: Mapping[str, float] = field(default_factory=dict)
    latency_quantiles: Mapping[float, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WindowEvaluation:
    """Everything computed for one model in one window; times are Unix seconds, ratios 0 to 1.

    `labelled_rows` is None where no label is configured. `outlier_ratio` is the share of the rows
    outside the region that holds 99% of the baseline's; it and `dataset_drift` are there only where a test of whole
    rows is asked for.
    """

    window: Window
    start: float | None
    end: float | None
    rows: int
    labelled_rows: int | None
    label_coverage_ratio: float | None = None
    label_delay_quantiles: Mapping[float, float] = field(default_factory=dict)
    duplicate_rows_ratio: float | None = None
    drift: tuple[DriftScore, ...] = ()
    dataset_drift: tuple[DatasetDrift, ...] = ()
    outlier_ratio: float | None = None
    quality: tuple[ColumnQuality, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    unseen: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    predictions: PredictionStatistics = PredictionStatistics()
    performance: tuple[Measurement, ...] = ()
    by_class: tuple[ClassPerformance, ...] = ()
    confusion: Mapping[tuple[str, str], int] = field(default_factory=dict)
    segments: tuple[SegmentPerformance, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def verdicts(self) -> tuple[DriftScore, ...]:
        """The deciding score of each column."""
        return tuple(score for score in self.drift if score.deciding)

    @property
    def drifted_columns_ratio(self) -> float | None:
        """Share of the feature columns with drift; None where no feature was tested."""
        features = [score.detected for score in self.verdicts if score.role is Role.FEATURE]
        return sum(features) / len(features) if features else None


@dataclass(frozen=True, slots=True)
class Bound:
    """The value below (minimum) or above (maximum) which a performance metric is out of bounds.

    `origin` says where it comes from: `min`, `max`, or `max_drop` from the baseline's value.
    """

    metric: str
    value: float
    is_minimum: bool
    origin: str

    def broken_by(self, measured: Measurement) -> bool:
        """The verdict, made here and nowhere else: the whole 95% interval is out of bounds, or the value without one.

        Of too few rows there is none.

        >>> bound = Bound("accuracy", 0.8, is_minimum=True, origin="min")
        >>> bound.broken_by(Measurement("accuracy", 0.75, 0.71, 0.79))
        True
        >>> bound.broken_by(Measurement("accuracy", 0.75, 0.68, 0.82)), bound.broken_by(Measurement("accuracy", 0.75))
        (False, True)
        """
        nearest = measured.upper if self.is_minimum else measured.lower
        return measured.enough_rows and self._is_beyond(measured.value if nearest is None else nearest)

    def doubted_by(self, measured: Measurement) -> bool:
        """Whether a value is out of bounds, and its interval is not or its rows are too few: it may be noise."""
        return self._is_beyond(measured.value) and not self.broken_by(measured)

    def _is_beyond(self, value: float) -> bool:
        return value < self.value if self.is_minimum else value > self.value


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """Which version is monitored, and what is known of it before any production row."""

    key: ModelKey
    task: Task
    alias: str = ""
    run_id: str = ""
    baseline_rows: int | None = None
    baseline_quality: tuple[ColumnQuality, ...] = ()
    baseline_performance: tuple[Measurement, ...] = ()
    training_metrics: Mapping[str, float] = field(default_factory=dict)
    bounds: tuple[Bound, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One finished evaluation of a model, successful or not.

    `name` is the model's name in the registry. `description` is None where the version is not known (the registry
    has not answered yet, the model was deleted); `rejected` and `rows_read` (by source: predictions, labels) count
    since the state was created; `rejection_examples` tells a rejected row by reason, of those met since the start.
    `durations` are seconds by phase (registry, poll, evaluate).
    """

    name: str
    finished_at: float
    success: bool
    problems: tuple[Problem, ...] = ()
    description: ModelDescription | None = None
    last_prediction_at: float | None = None
    windows: tuple[WindowEvaluation, ...] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)
    rejection_examples: Mapping[str, str] = field(default_factory=dict)
    rows_read: Mapping[str, int] = field(default_factory=dict)
    durations: Mapping[str, float] = field(default_factory=dict)
    last_success_at: float | None = None


class Results:
    """The latest evaluation of each model, swapped whole; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[str, Evaluation] = {}

    def publish(self, evaluation: Evaluation) -> None:
        """Replace the model's evaluation by a newer one."""
        with self._lock:
            self._latest = {**self._latest, evaluation.name: evaluation}

    def retain(self, names: set[str]) -> None:
        """Forget every model that is not among `names` (after a reload)."""
        with self._lock:
            self._latest = {name: kept for name, kept in self._latest.items() if name in names}

    def latest(self) -> Mapping[str, Evaluation]:
        """Model name to its latest evaluation, in order of name; never changes once returned."""
        return dict(sorted(self._latest.items()))

    def get(self, name: str) -> Evaluation | None:
        """The latest evaluation of a model, None before its first."""
        return self._latest.get(name)
