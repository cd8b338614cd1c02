"""From files to numbers: each against an independent computation on the raw rows of the window."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn import metrics

from mlflow_exporter.config.settings import ModelSettings
from mlflow_exporter.domain import Role
from mlflow_exporter.results import WindowEvaluation

NOW = 1_700_000_123.0
DAY = 86_400.0


@pytest.fixture
def drifted(lab: Any, make_rows: Any) -> tuple[pd.DataFrame, WindowEvaluation]:
    """The rows of a day, 70% of them labelled, with holes in them, and their evaluation."""
    rows = make_rows(3_000, seed=2, shift=0.4, span=3 * DAY)
    rng = np.random.default_rng(3)
    rows.loc[rng.random(len(rows)) < 0.1, "income"] = np.nan
    rows.loc[rng.random(len(rows)) < 0.05, "region"] = "west"
    lab.append(rows)
    labelled = rows.sample(frac=0.7, random_state=1)
    lab.append_labels(labelled)
    window = lab.evaluate(lab.labelled(windows=["24h"], segments=["region"], performance={"positive": "1"})).windows[0]
    inside = rows[rows["ts"] >= window.start]
    return inside.assign(labelled=inside.index.isin(labelled.index)), window


def _values(measurements: Any) -> dict[str, float]:
    return {each.name: each.value for each in measurements}


def test_rows_and_labels_are_those_of_the_window(drifted: tuple[pd.DataFrame, WindowEvaluation]) -> None:
    """The window has the rows since its start, a day or at most an hour more ago."""
    rows, window = drifted
    assert window.start is not None
    assert 0 <= (NOW - DAY) - window.start < 3_600
    assert window.end == NOW
    assert (window.rows, window.labelled_rows) == (len(rows), int(rows["labelled"].sum()))
    assert window.label_coverage_ratio == pytest.approx(rows["labelled"].mean())


def test_drift_scores_are_scipys(reference: pd.DataFrame, drifted: tuple[pd.DataFrame, WindowEvaluation]) -> None:
    """KS within a baseline bin's mass, Wasserstein within a hundredth, Jensen–Shannon exact; p-values follow."""
    rows, window = drifted
    scores = {(score.column, score.test): score for score in window.drift}
    for column, raw in (("age", "age"), ("income", "income"), ("kids", "kids"), ("score", "p1")):
        here, there = rows[raw].dropna(), reference[raw]
        exact = stats.ks_2samp(here, there)
        assert scores[column, "ks"].score == pytest.approx(exact.statistic, abs=1 / 240)
        distance = stats.wasserstein_distance(here, there) / there.std(ddof=0)
        assert scores[column, "wasserstein"].score == pytest.approx(distance, abs=0.01)
    regions = ["north", "south", "east"]
    shares = [frame["region"].value_counts().reindex([*regions, "west"], fill_value=0) for frame in (rows, reference)]
    counts = [np.where(share == 0, 0.5, share) for share in shares]
    assert scores["region", "jensen_shannon"].score == pytest.approx(jensenshannon(*counts, base=2), abs=0.01)
    answers = [frame["prediction"].value_counts().sort_index() for frame in (rows, reference)]
    assert scores["prediction", "jensen_shannon"].score == pytest.approx(jensenshannon(*answers, base=2), abs=1e-9)
    labels = [frame["churned"].value_counts().sort_index() for frame in (rows[rows["labelled"]], reference)]
    assert scores["label", "jensen_shannon"].score == pytest.approx(jensenshannon(*labels, base=2), abs=1e-9)


def test_the_verdicts_are_those_of_the_shift(drifted: tuple[pd.DataFrame, WindowEvaluation]) -> None:
    """What was shifted has drifted, and what was not has not."""
    _, window = drifted
    detected = {score.column: score.detected for score in window.verdicts if score.role is Role.FEATURE}
    assert detected == {"age": True, "income": False, "kids": False, "region": True}
    assert window.drifted_columns_ratio == 0.5


def test_quality_is_that_of_pandas(drifted: tuple[pd.DataFrame, WindowEvaluation]) -> None:
    """Missing and unseen ratios, means, deviations and quantiles of the raw columns."""
    rows, window = drifted
    quality = {each.column: each for each in window.quality}
    assert set(quality) == {"age", "income", "kids", "region"}
    for column in ("age", "income", "kids"):
        found, raw = quality[column], rows[column]
        assert found.missing_ratio + found.invalid_ratio == pytest.approx(raw.isna().mean())
        assert found.mean == pytest.approx(raw.mean())
        assert found.stddev == pytest.approx(raw.std(ddof=0))
    for level, value in quality["age"].quantiles.items():
        assert value == pytest.approx(rows["age"].quantile(level), abs=0.5)
    assert quality["region"].unseen_ratio == pytest.approx((rows["region"] == "west").mean())
    assert dict(window.unseen["region"]) == {"west": int((rows["region"] == "west").sum())}


def test_performance_is_that_of_scikit_learn(drifted: tuple[pd.DataFrame, WindowEvaluation]) -> None:
    """Every metric on the labelled rows of the window."""
    rows, window = drifted
    rows = rows[rows["labelled"]]
    actual, predicted, score = rows["churned"], rows["prediction"], rows["p1"]
    found = _values(window.performance)
    exact = {
        "accuracy": metrics.accuracy_score(actual, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(actual, predicted),
        "precision": metrics.precision_score(actual, predicted),
        "recall": metrics.recall_score(actual, predicted),
        "f1": metrics.f1_score(actual, predicted),
        "matthews_corrcoef": metrics.matthews_corrcoef(actual, predicted),
        "log_loss": metrics.log_loss(actual, score),
        "brier_score": metrics.brier_score_loss(actual, score),
    }
    assert {name: found[name] for name in exact} == pytest.approx(exact)
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(actual, score), abs=1e-3)
    assert found["average_precision"] == pytest.approx(metrics.average_precision_score(actual, score), abs=1e-3)


def test_segments_are_groups_of_the_rows(drifted: tuple[pd.DataFrame, WindowEvaluation]) -> None:
    """Each value of the baseline is a segment, the others are one together."""
    rows, window = drifted
    groups = rows.assign(region=rows["region"].replace("west", "other")).groupby("region")
    assert {each.segment: each.rows for each in window.segments} == {
        f"region={name}": len(group) for name, group in groups
    }
    for each in window.segments:
        group = groups.get_group(each.segment.removeprefix("region="))
        known = group[group["labelled"]]
        assert _values(each.metrics)["accuracy"] == pytest.approx(
            metrics.accuracy_score(known["churned"], known["prediction"])
        )


def test_confidence_and_latency_are_those_of_the_rows(drifted: tuple[pd.DataFrame, WindowEvaluation]) -> None:
    """Mean of the highest probability, share below 0.6, share of the commonest class, latency's quantiles."""
    rows, window = drifted
    confidence = rows[["p0", "p1"]].max(axis=1)
    found = window.predictions
    assert found.confidence_mean == pytest.approx(confidence.mean())
    assert found.low_confidence_ratio == pytest.approx((confidence < 0.6).mean(), abs=0.01)
    shares = rows["prediction"].value_counts(normalize=True)
    assert found.dominant_class_ratio == pytest.approx(shares.max())
    assert found.class_ratios == pytest.approx({str(label): share for label, share in shares.items()})
    for level, value in found.latency_quantiles.items():
        assert value == pytest.approx(rows["latency"].quantile(level), rel=0.03)


def _settings(lab: Any, **given: Any) -> ModelSettings:
    columns = {"id": "id", "timestamp": "ts", "prediction": "answer", **given.pop("columns", {})}
    reference = {key: value for key, value in columns.items() if key not in ("id", "timestamp")} | {"label": "truth"}
    data = {"source": "files", "path": "baseline.parquet", "columns": reference}
    labels = {"source": "files", "path": "truth.parquet", "columns": {"id": "id", "label": "truth"}}
    predictions = {"source": "files", "path": "predictions.parquet", "columns": columns}
    whole = {"name": "churn", "version": "1", "baseline": {"data": data}, "predictions": predictions, "labels": labels}
    return ModelSettings.model_validate_json(json.dumps(whole | given), context={"folder": str(lab.folder)})


def _write(lab: Any, rows: pd.DataFrame) -> None:
    """The first half is the baseline, the second is predictions and, apart from them, labels."""
    half = len(rows) // 2
    rows[:half].to_parquet(lab.folder / "baseline.parquet", index=False)
    logged = rows[half:].assign(id=range(half), ts=NOW - np.linspace(0, DAY / 2, half))
    logged.drop(columns="truth").to_parquet(lab.folder / "predictions.parquet", index=False)
    logged[["id", "truth"]].to_parquet(lab.folder / "truth.parquet", index=False)


def test_a_classifier_of_many_classes(lab: Any) -> None:
    """Accuracy, averages over classes, each class and the confusion matrix are scikit-learn's."""
    rng, classes = np.random.default_rng(5), ["ash", "birch", "oak"]
    raw = rng.dirichlet([0.6, 0.9, 0.5], 4_000)
    raw[:, :2] = raw[:, :2].round(6)
    raw[:, 2] = 1 - raw[:, 0] - raw[:, 1]
    truth = [classes[rng.choice(3, p=np.clip(row, 0, 1) / np.clip(row, 0, 1).sum())] for row in raw]
    rows = pd.DataFrame(np.clip(raw, 0, 1), columns=[f"p_{name}" for name in classes])
    rows = rows.assign(height=rng.normal(10, 2, 4_000), answer=[classes[i] for i in raw.argmax(axis=1)], truth=truth)
    _write(lab, rows)
    columns = {"probabilities": {name: f"p_{name}" for name in classes}}
    evaluation = lab.evaluate(_settings(lab, columns=columns, windows=["24h"]))
    window, raw_rows = evaluation.windows[0], rows[2_000:]
    assert evaluation.success, evaluation.problems
    found = _values(window.performance)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(raw_rows["truth"], raw_rows["answer"]))
    assert found["f1"] == pytest.approx(metrics.f1_score(raw_rows["truth"], raw_rows["answer"], average="macro"))
    probabilities = raw_rows[[f"p_{name}" for name in classes]].to_numpy(copy=True)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(raw_rows["truth"], probabilities), rel=1e-4)
    auc = metrics.roc_auc_score(raw_rows["truth"], probabilities, multi_class="ovr")
    assert found["roc_auc"] == pytest.approx(auc, abs=1e-3)
    matrix = metrics.confusion_matrix(raw_rows["truth"], raw_rows["answer"], labels=classes)
    assert {pair: rows for pair, rows in window.confusion.items() if rows} == {
        (a, p): int(matrix[i, j]) for i, a in enumerate(classes) for j, p in enumerate(classes) if matrix[i, j]
    }
    recalls = metrics.recall_score(raw_rows["truth"], raw_rows["answer"], average=None)
    assert [_values(each.metrics)["recall"] for each in window.by_class] == pytest.approx(recalls.tolist())


def test_a_regressor(lab: Any) -> None:
    """Errors on the joined rows are scikit-learn's, prediction and label drift are found, means are the raw ones."""
    rng = np.random.default_rng(6)
    x = rng.normal(0, 1, 4_000)
    x[2_000:] += 0.8
    rows = pd.DataFrame({"x": x, "answer": 3 * x + rng.normal(0, 0.3, 4_000), "truth": 3 * x + rng.normal(0, 1, 4_000)})
    _write(lab, rows)
    evaluation = lab.evaluate(_settings(lab, windows=["24h"]))
    window, raw = evaluation.windows[0], rows[2_000:]
    assert evaluation.success, evaluation.problems
    found = _values(window.performance)
    error = raw["answer"] - raw["truth"]
    expected = {
        "rmse": metrics.root_mean_squared_error(raw["truth"], raw["answer"]),
        "mae": metrics.mean_absolute_error(raw["truth"], raw["answer"]),
        "r2": metrics.r2_score(raw["truth"], raw["answer"]),
        "mean_error": error.mean(),
        "max_error": error.abs().max(),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert {score.column for score in window.verdicts if score.detected} == {"x", "prediction", "label"}
    assert window.predictions.mean == pytest.approx(raw["answer"].mean())
    assert window.predictions.stddev == pytest.approx(raw["answer"].std(ddof=0))
