"""One small evaluation that has everything, and how a collector's samples look on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.collectors.exposition import Exposition
from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.collectors.limits import by_family
from mlflow_exporter.collectors.rendering import Format
from mlflow_exporter.domain import Measurement, ModelKey, Role, Task, Window
from mlflow_exporter.results import (
    Bound,
    ClassPerformance,
    ColumnQuality,
    DatasetDrift,
    Distribution,
    DriftScore,
    Evaluation,
    ModelDescription,
    PredictionStatistics,
    SegmentPerformance,
    Skipped,
    WindowEvaluation,
)

GOLDEN = Path(__file__).parent / "golden"

AGE = ColumnQuality(
    "age",
    100,
    missing_ratio=0.25,
    invalid_ratio=0.01,
    out_of_range_ratio=0.125,
    mean=-1.5,
    stddev=2.0,
    quantiles={0.05: -4.0, 0.5: -1.25},
)
CITY = ColumnQuality("city", 100, missing_ratio=0.0, invalid_ratio=0.0, unseen_ratio=0.5)

DESCRIPTION = ModelDescription(
    ModelKey("churn", "3"),
    Task.CLASSIFICATION,
    alias="champion",
    run_id="a1b2",
    baseline_rows=1000,
    baseline_quality=(AGE, CITY),
    baseline_performance=(Measurement("accuracy", 0.9),),
    training_metrics={"val/auc": 0.5},
    bounds=(
        Bound("accuracy", 0.8, is_minimum=True, origin="min"),
        Bound("accuracy", 0.85, is_minimum=True, origin="max_drop"),
        Bound("log_loss", 0.6, is_minimum=False, origin="max"),
        Bound("log_loss", 0.7, is_minimum=False, origin="max_drop"),
    ),
)

WINDOW = WindowEvaluation(
    Window.of("1h"),
    start=1_700_000_000.0,
    end=1_700_003_600.0,
    rows=100,
    labelled_rows=40,
    label_coverage_ratio=0.4,
    label_delay_quantiles={0.5: 60.0, 0.95: 600.0},
    duplicate_rows_ratio=0.02,
    drift=(
        DriftScore("age", Role.FEATURE, "ks", 0.2, 0.1, 0.001, deciding=True),
        DriftScore("age", Role.FEATURE, "psi", 0.1, 0.2, None, deciding=False),
        DriftScore("city", Role.FEATURE, "jensen_shannon", 0.05, 0.1, None, deciding=True),
        DriftScore("prediction", Role.PREDICTION, "jensen_shannon", 0.1, 0.1, None, deciding=True),
    ),
    dataset_drift=(
        DatasetDrift("domain_classifier", 0.05, 0.1),
        DatasetDrift("pca_reconstruction", 0.125, 0.03125),
    ),
    outlier_ratio=0.0625,
    quality=(AGE, CITY),
    distributions=(
        Distribution("age", Role.FEATURE, ("< 0", "≥ 0"), (0.5, 0.5), (0.75, 0.25)),
        Distribution("prediction", Role.PREDICTION, ("0", "1"), (0.5, 0.5), (0.75, 0.25)),
    ),
    predictions=PredictionStatistics(
        mean=0.5,
        stddev=0.1,
        confidence_mean=0.8,
        low_confidence_ratio=0.2,
        dominant_class_ratio=0.75,
        class_ratios={"0": 0.75, "1": 0.25},
        latency_quantiles={0.5: 0.01, 0.99: 0.2},
    ),
    performance=(Measurement("accuracy", 0.875, 0.8, 0.95), Measurement("log_loss", 0.5)),
    by_class=(ClassPerformance("1", (Measurement("precision", 0.5), Measurement("support", 12.0))),),
    confusion={("0", "1"): 5, ("1", "1"): 7},
    segments=(SegmentPerformance("city=Bonn", 20, (Measurement("accuracy", 0.75),)),),
    skipped=(Skipped("label_drift", "too_few_rows"),),
)

EVALUATION = Evaluation(
    "churn",
    finished_at=1_700_003_605.0,
    success=True,
    description=DESCRIPTION,
    last_prediction_at=1_700_003_599.5,
    windows=(WINDOW,),
    rejected={"malformed": 3},
    rows_read={"predictions": 103, "labels": 40},
    durations={"poll": 0.25, "evaluate": 0.5},
    last_success_at=1_700_003_605.0,
)


@pytest.fixture
def evaluation() -> Evaluation:
    """An evaluation of one model in one window, with something for every family."""
    return EVALUATION


@pytest.fixture
def exposed() -> Callable[[Collector[Any], object], str]:
    """The text exposition of what one collector makes of a subject."""

    def render(collector: Collector[Any], subject: object) -> str:
        families = by_family(collector.collect(subject))
        return Format.TEXT.render(family.metric(points.items()) for family, points in families.items()).decode()

    return render


@pytest.fixture
def golden() -> Callable[[str], str]:
    """The text of a golden file."""
    return lambda name: (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.fixture
def rename() -> Callable[[Evaluation, str], Evaluation]:
    """The same evaluation of a model of another name."""
    return _renamed


@pytest.fixture
def exposition(evaluation: Evaluation) -> Exposition:
    """An exposition of two models, one with a name that needs escaping."""
    made = Exposition()
    made.publish(evaluation, optional=("distributions",))
    made.publish(_renamed(evaluation, 'π "quoted" \\ {x="1"}\nnext'))
    return made


def _renamed(evaluation: Evaluation, name: str) -> Evaluation:
    description = replace(evaluation.description or DESCRIPTION, key=ModelKey(name, "3"))
    return replace(evaluation, name=name, description=description)
