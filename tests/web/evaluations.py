"""Evaluations as a model's page shows them: one that has drifted, one that is well, one that fails."""

from __future__ import annotations

import math

from mlflow_exporter.domain import Measurement, ModelKey, Problem, Role, Task, Window
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

NOW = 1_760_000_000.0


def _bell(bins: int, centre: float, width: float) -> tuple[float, ...]:
    heights = [math.exp(-(((i + 0.5) / bins - centre) ** 2) / (2 * width**2)) for i in range(bins)]
    return tuple(height / sum(heights) for height in heights)


def _numeric(column: str, low: float, high: float, shift: float, role: Role = Role.FEATURE) -> Distribution:
    step = (high - low) / 20
    bins = tuple(f"{low + i * step:g}–{low + (i + 1) * step:g}" for i in range(20))
    return Distribution(column, role, bins, _bell(20, 0.42, 0.17), _bell(20, 0.42 + shift, 0.17 * (1 + shift / 3)))


def _verdict(column: str, score: float, test: str = "ks", role: Role = Role.FEATURE) -> tuple[DriftScore, ...]:
    other = "wasserstein" if test == "ks" else "psi"
    p_value = math.exp(-score * 60)
    return (
        DriftScore(column, role, test, score, 0.08 if test == "ks" else 0.1, p_value if test == "ks" else None, True),
        DriftScore(column, role, other, score * 1.6, 0.1 if other == "wasserstein" else 0.2, None, False),
    )


_FEATURES = {
    "tenure_months": (0.352, 0, 72, 0.3),
    "monthly_charges": (0.184, 18, 120, 0.16),
    "total_charges": (0.071, 0, 8700, 0.05),
    "age": (0.024, 18, 90, 0.01),
    "support_calls_last_90_days": (0.019, 0, 20, 0.0),
    "data_usage_gigabytes": (0.031, 0, 50, 0.02),
}


def _drift(strength: float) -> tuple[DriftScore, ...]:
    numeric = [_verdict(name, score * strength) for name, (score, *_) in _FEATURES.items()]
    categorical = [
        _verdict("contract", 0.21 * strength, "jensen_shannon"),
        _verdict("payment_method", 0.04, "jensen_shannon"),
        _verdict("region", 0.142 * strength, "jensen_shannon"),
        _verdict("prediction", 0.118 * strength, "jensen_shannon", Role.PREDICTION),
        _verdict("churned", 0.06 * strength, "jensen_shannon", Role.LABEL),
    ]
    return tuple(score for scores in (*numeric, *categorical) for score in scores)


def _distributions(strength: float) -> tuple[Distribution, ...]:
    numeric = [_numeric(n, low, high, shift * strength) for n, (_, low, high, shift) in _FEATURES.items()]
    tilt = 0.2 * strength
    return (
        *numeric,
        Distribution(
            "contract",
            Role.FEATURE,
            ("month-to-month", "one year", "two years", "unseen"),
            (0.55, 0.21, 0.24, 0.0),
            (0.55 - tilt, 0.21 + tilt / 2, 0.24, tilt / 2),
        ),
        Distribution("region", Role.FEATURE, ("north", "south", "east"), (0.4, 0.4, 0.2), (0.3, 0.4, 0.3)),
        Distribution("prediction", Role.PREDICTION, ("0", "1"), (0.73, 0.27), (0.61, 0.39)),
    )


def _quality(shift: float) -> tuple[ColumnQuality, ...]:
    numeric = [
        ColumnQuality(
            name,
            20_000,
            missing_ratio=0.012 * (1 + 4 * shift),
            invalid_ratio=0.0004 * shift,
            out_of_range_ratio=0.003 + 0.02 * shift,
            mean=low + (high - low) * (0.42 + shift * move),
            stddev=(high - low) * 0.17,
            quantiles={rank: low + (high - low) * rank for rank in (0.05, 0.25, 0.5, 0.75, 0.95)},
        )
        for name, (_, low, high, move) in _FEATURES.items()
    ]
    return (
        *numeric,
        ColumnQuality("contract", 20_000, 0.0, 0.0, unseen_ratio=0.1 * shift),
        ColumnQuality("payment_method", 20_000, 0.004, 0.0, unseen_ratio=0.0),
        ColumnQuality("region", 20_000, 0.0, 0.0, unseen_ratio=None),
    )


def _performance(loss: float) -> tuple[Measurement, ...]:
    values = {"accuracy": 0.872, "precision": 0.781, "recall": 0.703, "f1": 0.74, "roc_auc": 0.914, "log_loss": 0.341}
    signed = {name: value - loss if name != "log_loss" else value + loss for name, value in values.items()}
    return tuple(Measurement(name, value, value - 0.012, value + 0.011) for name, value in signed.items())


def _window(name: str, rows: int, strength: float, loss: float) -> WindowEvaluation:
    window = Window.of(name)
    assert window.seconds is not None
    return WindowEvaluation(
        window,
        NOW - window.seconds,
        NOW,
        rows,
        labelled_rows=int(rows * 0.64),
        label_coverage_ratio=0.64,
        label_delay_quantiles={0.5: 5400.0, 0.95: 86_000.0},
        duplicate_rows_ratio=0.0007,
        drift=_drift(strength),
        dataset_drift=(DatasetDrift("pca_reconstruction", 0.081 * strength, 0.0404),),
        outlier_ratio=0.01 + 0.043 * strength,
        quality=_quality(strength),
        distributions=_distributions(strength),
        unseen={"contract": {"three years": int(rows * 0.08), "prepaid": int(rows * 0.02)}},
        predictions=PredictionStatistics(
            mean=0.31,
            stddev=0.22,
            confidence_mean=0.81,
            low_confidence_ratio=0.11 + 0.25 * loss,
            dominant_class_ratio=0.61,
            class_ratios={"0": 0.61, "1": 0.39},
            latency_quantiles={0.5: 0.012, 0.95: 0.083, 0.99: 0.21},
        ),
        performance=_performance(loss),
        by_class=tuple(
            ClassPerformance(
                label,
                (
                    Measurement("precision", precision),
                    Measurement("recall", recall),
                    Measurement("f1", (precision + recall) / 2),
                    Measurement("support", support),
                ),
            )
            for label, precision, recall, support in (("0", 0.9, 0.93, 9344), ("1", 0.78, 0.7, 3456))
        ),
        confusion={("0", "0"): 8690, ("0", "1"): 654, ("1", "0"): 1027, ("1", "1"): 2429},
        segments=tuple(
            SegmentPerformance(
                f"region={region}", count, (Measurement("accuracy", value), Measurement("f1", value - 0.1))
            )
            for region, count, value in (("north", 4120, 0.881), ("south", 5730, 0.876), ("east", 2950, 0.792))
        ),
    )


def _description(name: str, task: Task = Task.CLASSIFICATION) -> ModelDescription:
    return ModelDescription(
        ModelKey(name, "3"),
        task,
        alias="champion",
        run_id="8f14e45fceea167a5a36dedd4bea2543",
        baseline_rows=48_210,
        baseline_quality=_quality(0.0),
        baseline_performance=_performance(0.0),
        bounds=(
            Bound("accuracy", 0.822, is_minimum=True, origin="max_drop"),
            Bound("roc_auc", 0.85, is_minimum=True, origin="min"),
            Bound("confidence_mean", 0.6, is_minimum=True, origin="min"),
            Bound("low_confidence_ratio", 0.3, is_minimum=False, origin="max"),
        ),
    )


def classifier(name: str = "churn", *, strength: float = 1.0, loss: float = 0.071) -> Evaluation:
    """A classifier with three windows: the shortest has drifted, and lost accuracy."""
    return Evaluation(
        name,
        finished_at=NOW - 21,
        success=True,
        description=_description(name),
        last_prediction_at=NOW - 24,
        windows=(
            _window("1h", 2_148, strength, loss),
            _window("24h", 51_204, strength * 0.4, loss / 4),
            _window("7d", 344_917, strength * 0.12, 0.0),
        ),
        rejected={"malformed": 12, "unknown_class": 3},
        rows_read={"predictions": 344_932, "labels": 220_746},
        durations={"poll": 0.41, "evaluate": 0.12},
        last_success_at=NOW - 21,
    )


def regressor(name: str = "delivery-time") -> Evaluation:
    """A regressor that is well, its labels still to come."""
    drift = (*_verdict("distance", 0.021), *_verdict("prediction", 0.03, role=Role.PREDICTION))
    window = WindowEvaluation(
        Window.of("24h"),
        NOW - 86_400,
        NOW,
        8_211,
        0,
        0.0,
        drift=drift,
        quality=(ColumnQuality("distance", 8_211, 0.0, 0.0, mean=12.3, stddev=4.1),),
        distributions=(_numeric("distance", 0, 40, 0.0), _numeric("prediction", 5, 95, 0.01, Role.PREDICTION)),
        predictions=PredictionStatistics(mean=31.2, stddev=9.4),
        skipped=(Skipped("performance", "no_labels"), Skipped("label_drift", "no_labels")),
    )
    description = ModelDescription(ModelKey(name, "12"), Task.REGRESSION, baseline_rows=20_000)
    return Evaluation(name, NOW - 65, success=True, description=description, windows=(window,))


def failing(name: str = "fraud") -> Evaluation:
    """A model whose data cannot be read."""
    problem = Problem(
        "models[2].predictions.path /data/fraud/*.parquet, part-0007.parquet",
        "the file is cut off: its footer is missing",
        "write files under another name and rename them when they are complete",
    )
    return Evaluation(name, NOW - 130, success=False, problems=(problem,), last_success_at=NOW - 7_300)
