from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.config.contradictions import contradictions
from mlflow_exporter.config.mistakes import spell

MODEL: dict[str, Any] = {
    "name": "churn",
    "predictions": {"source": "files", "path": "x", "columns": {"timestamp": "ts", "prediction": "p"}},
}
SERVER = {"mlflow": {"tracking_uri": "http://mlflow"}}
KEYS = st.sampled_from(
    [
        "mlflow",
        "tracking_uri",
        "models",
        "state",
        "url",
        "url_file",
        "name",
        "predictions",
        "mode",
        "columns",
        "labels",
        "label",
        "id",
        "features",
        "exclude",
        "segments",
        "drift",
        "tests",
        "numeric",
        "performance",
        "thresholds",
        "accuracy",
        "min",
        "max",
        "task",
        "confidence",
        "probabilities",
    ]
)
VALUES = st.sampled_from([None, True, 1, 2.5, "snapshot", "regression", "x"])
ANYTHING = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6))


def found(**changes: object) -> list[str]:
    """Where a model with some keys changed has contradictions."""
    return [spell(mistake.place) for mistake in contradictions({**SERVER, "models": [{**MODEL, **changes}]})]


def test_a_plain_model_has_none() -> None:
    """What is usual is no contradiction."""
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "place"),
    (
        ({"segments": ["a", "a"]}, "models[0].segments[1]"),
        ({"windows": ["1h", "1h"]}, "models[0].windows[1]"),
        ({"features": {"exclude": ["a"]}, "segments": ["b", "a"]}, "models[0].segments[1]"),
        ({"drift": {"columns": {"a": {"tests": ["ks", "ks"]}}}}, "models[0].drift.columns.a.tests[1]"),
        ({"task": "regression", "confidence": {}}, "models[0].confidence"),
        ({"performance": {"thresholds": {"rmse": {"min": 2, "max": 1}}}}, "models[0].performance.thresholds.rmse.min"),
        (
            {"task": "classification", "performance": {"thresholds": {"rmse": {"max": 1}}}},
            "models[0].performance.thresholds.rmse",
        ),
    ),
)
def test_a_contradiction_is_found_where_it_is(changes: dict[str, Any], place: str) -> None:
    """Each rule names the key to change."""
    assert found(**changes) == [place]


@pytest.mark.parametrize(
    "changes",
    (
        {"performance": {"thresholds": {"rmse": {"min": 1, "max": 1}}}},
        {"performance": {"thresholds": {"accuracy": {"min": 0, "max": 1, "max_drop": 1}, "r2": {"min": -7.5}}}},
        {"performance": {"thresholds": {"matthews_corrcoef": {"min": -1, "max_drop": 2}, "brier_score": {"max": 2}}}},
        {"performance": {"thresholds": {"log_loss": {"max": 9}, "mean_error": {"min": -80, "max": 80}}}},
        {"windows": ["59m", "1h", "60s", "nonsense", 3600]},
        {"performance": {"thresholds": {"rmse": {"max": 1}}}},
        {"performance": {"positive": 1}},
        {"labels": None},
        {"features": {"exclude": ["a"], "categorical": ["b"]}, "segments": ["b"]},
    ),
)
def test_what_only_looks_like_one_is_none(changes: dict[str, Any]) -> None:
    """Equal bounds, an unknown task, an empty section and a categorical segment are all right."""
    assert found(**changes) == []


def test_contradictions_are_found_beside_other_mistakes() -> None:
    """Keys of the wrong type do not hide a contradiction between others."""
    assert found(name=3, clock=7, segments=["a", "a"], drift="none") == ["models[0].segments[1]"]


@given(ANYTHING)
def test_no_data_breaks_a_rule(data: object) -> None:
    """Whatever has the wrong type is left to others, and every contradiction has a place and a reason."""
    json.dumps(data)
    assert all(mistake.place and mistake.what for mistake in contradictions(data))


def test_a_log_is_as_it_is() -> None:
    """Its own columns are not named again, and it grows; labels are joined by its identifiers."""
    log = {"source": "log", "path": "logs", "columns": {"label": "y"}}
    assert found(predictions=log) == []
    assert found(predictions={**log, "columns": {}}, labels={"columns": {"id": "i", "label": "y"}}) == []
    assert found(predictions={**log, "mode": "snapshot"}) == ["models[0].predictions.mode"]
    assert found(predictions={**log, "columns": {"timestamp": "ts"}}) == ["models[0].predictions.columns.timestamp"]
