from __future__ import annotations

from typing import Any

import pytest

from mlflow_exporter.results import WindowEvaluation

NOW = 1_700_000_123.0


def _window(lab: Any, settings: Any = None) -> WindowEvaluation:
    windows: tuple[WindowEvaluation, ...] = lab.evaluate(settings).windows
    return windows[-1]


def _skipped(window: WindowEvaluation) -> dict[str, str]:
    return {each.subject: each.reason for each in window.skipped}


def test_what_cannot_be_computed_has_a_reason_and_no_number(lab: Any, make_rows: Any) -> None:
    """Without rows, with few rows, and with enough of them but without labels."""
    found = []
    for part in (make_rows(0, seed=1), make_rows(29, seed=2), make_rows(1, seed=3)):
        lab.append(part)
        window = _window(lab, lab.labelled())
        found.append((_skipped(window), bool(window.drift), window.label_coverage_ratio))
    assert found == [
        ({"drift": "no_data", "quality": "no_data", "predictions": "no_data", "performance": "no_data"}, False, None),
        ({"drift": "too_few_rows", "performance": "no_labels"}, False, 0),
        ({"performance": "no_labels"}, True, 0),
    ]


def test_few_labels_give_no_performance(lab: Any, make_rows: Any) -> None:
    """A metric of a handful of rows says nothing, and is not shown."""
    rows = make_rows(100, seed=2)
    lab.append(rows)
    lab.append_labels(rows[:29])
    few = _window(lab, lab.labelled())
    lab.append_labels(rows[29:30])
    enough = _window(lab, lab.labelled())
    assert (few.performance, few.by_class, few.confusion) == ((), (), {})
    assert _skipped(few)["performance"] == "too_few_rows"
    assert {each.name for each in enough.performance} >= {"accuracy", "roc_auc"}
    assert "performance" not in _skipped(enough)


def test_without_probabilities_there_is_no_confidence(lab: Any, make_rows: Any) -> None:
    """A log of answers alone has shares of classes, performance and the reason for what it has not."""
    rows = make_rows(100, seed=2)
    lab.append(rows)
    lab.append_labels(rows)
    columns = {"id": "request_id", "timestamp": "ts", "prediction": "prediction"}
    window = _window(lab, lab.labelled(predictions={"columns": columns}, features={"exclude": ["latency"]}))
    assert _skipped(window) == {"confidence": "no_probabilities"}
    assert (window.predictions.confidence_mean, window.predictions.latency_quantiles) == (None, {})
    assert sum(window.predictions.class_ratios.values()) == pytest.approx(1)
    names = {each.name for each in window.performance}
    assert "accuracy" in names
    assert not names & {"roc_auc", "log_loss", "brier_score"}


def test_limits_bound_classes_and_segments(lab: Any, make_rows: Any) -> None:
    """The commonest classes and the largest segments are kept."""
    rows = make_rows(300, seed=2)
    lab.append(rows)
    lab.append_labels(rows)
    settings = lab.labelled(segments=["region"], limits={"classes": 1, "segments": 2})
    window = _window(lab, settings)
    assert list(window.predictions.class_ratios) == [str(rows["prediction"].mode()[0])]
    assert (len(window.by_class), window.confusion) == (1, {})
    largest = rows["region"].value_counts().index[:2]
    assert {each.segment for each in window.segments} == {f"region={name}" for name in largest}


def test_the_share_of_duplicates_is_of_all_rows_read(lab: Any, make_rows: Any) -> None:
    """A fifth of the rows came twice."""
    rows = make_rows(80, seed=2)
    lab.append(rows)
    lab.append(rows[:20])
    assert _window(lab).duplicate_rows_ratio == 0.2


@pytest.mark.parametrize(("missing", "subject"), (("id", "duplicates"), ("label", "labels")))
def test_what_is_not_configured_is_absent_with_a_reason(lab: Any, make_rows: Any, missing: str, subject: str) -> None:
    """Without an id no row is known to repeat another, and without a label none is known to have arrived: not 0."""
    rows = make_rows(100, seed=2)
    rows.to_csv(lab.log, index=False)
    columns = {"id": "request_id", "timestamp": "ts", "prediction": "prediction", "label": "churned"}
    excluded = [columns.pop(missing), "latency", "p0", "p1"]
    window = _window(lab, lab.settings(predictions={"columns": columns}, features={"exclude": excluded}))
    assert _skipped(window)[subject] == "not_configured"
    labelled = (None, None) if missing == "label" else (100, 1.0)
    assert (window.labelled_rows, window.label_coverage_ratio) == labelled
    assert window.duplicate_rows_ratio == (None if missing == "id" else 0.0)
