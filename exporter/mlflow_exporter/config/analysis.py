"""How a model's rows are judged: features, drift, confidence, performance, limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from mlflow_exporter.config.names import DriftTest, Metric
from mlflow_exporter.config.section import Section, default
from mlflow_exporter.config.values import (
    CategoricalTests,
    ClassName,
    DatasetTests,
    Names,
    NumericTests,
    Ratio,
    Thousandths,
)

Floor = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(gt=0)]


class FeatureSettings(Section):
    """Which columns are features, and of what kind."""

    exclude: Names = default(
        (), "Columns of the reference data that are no features. A baseline that was logged has its own list."
    )
    categorical: Names = default((), "Columns of numbers that are codes of categories.")


class DriftTests(Section):
    """Which drift tests are computed; the first of each list decides whether a column has drifted."""

    numeric: NumericTests = default(("ks", "psi", "wasserstein"), "For numbers, booleans and times.")
    categorical: CategoricalTests = default(("jensen_shannon", "psi"), "For categories.")


class ColumnDrift(Section):
    """How the drift of one column is judged."""

    tests: NumericTests | None = default(None, "Its tests, the deciding one first. Default: by its kind.")
    floor: Floor | None = default(None, "Effect floor of its deciding test.")


class DriftSettings(Section):
    """How drift is judged: a column has drifted where the deciding test's score is above its threshold."""

    tests: DriftTests = default({}, "Which tests are computed; the first of each list decides.")
    false_alarm_rate: float = Field(
        default=0.001,
        gt=0,
        lt=1,
        description="Chance that a window without drift raises any alarm, over all its columns.",
    )
    dataset: DatasetTests = default(
        (),
        "Tests of whole rows, which see what columns do together: `pca_reconstruction`, and `domain_classifier`, which "
        "keeps samples of encoded rows in the baseline and in the state.",
    )
    floors: Mapping[DriftTest, Floor] = Field(
        default_factory=dict, description="Test to the score below which drift is of no interest at any sample size."
    )
    columns: Mapping[str, ColumnDrift] = Field(default_factory=dict, description="Exceptions, by column.")


class ConfidenceSettings(Section):
    """When a classifier's confidence, its highest probability, is out of bounds."""

    low: Thousandths = default(0.6, "A row's confidence is low below this.")
    min_mean: Ratio = default(0.6, "Alert when the mean confidence is below this.")
    max_low_ratio: Ratio = default(0.3, "Alert when the share of rows of low confidence is above this.")
    max_dominant_class_ratio: Ratio = default(
        0.8, "Alert when the share of the class predicted most often is above this."
    )


class Threshold(Section):
    """Bounds of a performance metric."""

    min: float | None = default(None, "The least that is in bounds.")
    max: float | None = default(None, "The most that is in bounds.")
    max_drop: float | None = Field(
        default=None, ge=0, description="How much worse than on the baseline it may be: lower, or higher for an error."
    )


class PerformanceSettings(Section):
    """How performance is judged."""

    positive: ClassName | None = default(None, "The positive class of a binary classifier.")
    thresholds: Mapping[Metric, Threshold] = Field(default_factory=dict, description="Metric to its bounds.")


class Limits(Section):
    """What bounds the size of a model's state and exposition."""

    columns: Count = default(500, "Feature columns, in the order of the data.")
    classes: Count = default(50, "Classes that have series of their own.")
    segments: Count = default(50, "Segments in all, those with the most rows first.")
    series: Count = default(20_000, "Series on /metrics; what is beyond is dropped and counted.")
