from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import Parts, Plan
from mlflow_exporter.evaluation.labels import pack_labels, unpack_labels
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.results import Evaluation

NOW = 1_700_000_123.0
HOUR = 3_600.0
LEVELS = (0.5, 0.95)


def _week(evaluation: Evaluation) -> tuple[int, int | None]:
    return evaluation.windows[-1].rows, evaluation.windows[-1].labelled_rows


@pytest.mark.parametrize("order", ("labels first", "predictions first", "by turns"))
def test_labels_are_joined_whenever_they_come(lab: Any, make_rows: Any, order: str) -> None:
    """Coverage, delays and confusion equal a merge of the raw tables, whatever came first, over several polls."""
    rows = make_rows(900, seed=2)
    labelled = rows.sample(frac=0.7, random_state=1)
    at = labelled["ts"] + np.random.default_rng(2).exponential(4 * HOUR, len(labelled))
    frames = {"predictions": np.array_split(rows.index, 3), "labels": np.array_split(labelled.index, 3)}
    turns = {
        "labels first": ["labels"] * 3 + ["predictions"] * 3,
        "predictions first": ["predictions"] * 3 + ["labels"] * 3,
        "by turns": ["labels", "predictions"] * 3,
    }[order]
    for source in turns:
        part = frames[source].pop()
        if source == "predictions":
            lab.append(rows.loc[part])
        else:
            lab.append_labels(labelled.loc[part], at=at.loc[part].round(3))
        evaluation = lab.evaluate(lab.labelled())
    merged = rows.merge(labelled[["request_id", "churned"]].assign(at=at.round(3)), on="request_id", suffixes=("", "_"))
    week = evaluation.windows[-1]
    assert _week(evaluation) == (900, len(merged))
    assert week.label_coverage_ratio == pytest.approx(len(merged) / 900)
    delays = (merged["at"] - merged["ts"]).to_numpy()
    for level in LEVELS:
        assert week.label_delay_quantiles[level] == pytest.approx(np.quantile(delays, level), rel=0.03)
    expected = merged.groupby(["churned", "prediction"]).size()
    assert week.confusion == {(str(a), str(p)): int(n) for (a, p), n in expected.items()}


def test_the_first_of_two_labels_counts(lab: Any, make_rows: Any) -> None:
    """A second label for one id, in the same file or later, changes nothing."""
    rows = make_rows(50, seed=2)
    lab.append(rows)
    lab.append_labels(pd.concat([rows, rows.assign(churned=1 - rows["churned"])]))
    first = lab.evaluate(lab.labelled())
    lab.append_labels(rows.assign(churned=1 - rows["churned"]))
    second = lab.evaluate(lab.labelled())
    assert _week(second) == _week(first) == (50, 50)
    assert second.windows[-1].confusion == first.windows[-1].confusion
    expected = rows.groupby(["churned", "prediction"]).size()
    assert first.windows[-1].confusion == {(str(a), str(p)): int(n) for (a, p), n in expected.items()}


def test_a_prediction_that_comes_twice_is_labelled_once(lab: Any, make_rows: Any) -> None:
    """Of two predictions with one id, minutes apart, only the first gets the label, whichever way round they come."""
    rows = make_rows(50, seed=2)
    lab.append_labels(rows)
    lab.append(pd.concat([rows, rows.assign(ts=rows["ts"] - HOUR)]))
    assert _week(lab.evaluate(lab.labelled())) == (100, 50)


def test_a_label_without_a_prediction_expires(lab: Any, make_rows: Any) -> None:
    """Labels that find nothing wait as long as rows are kept, counted from when they were read."""
    rows = make_rows(50, seed=2)
    lab.append(rows)
    lab.append_labels(rows.assign(request_id="unknown-" + rows["request_id"]))
    settings = lab.labelled()
    assert _week(lab.evaluate(settings)) == (50, 0)
    with lab.store.reading() as transaction:
        assert transaction.waiting_labels.count(1) == 50
    lab.evaluate(settings, now=NOW + 36 * 24 * HOUR)
    with lab.store.reading() as transaction:
        assert transaction.waiting_labels.count(1) == 50
    lab.evaluate(settings, now=NOW + 38 * 24 * HOUR)
    with lab.store.reading() as transaction:
        assert transaction.waiting_labels.count(1) == 0
        assert transaction.waiting_predictions.count(1) == 0


def test_early_labels_of_a_replay_do_not_expire_at_once(lab: Any, make_rows: Any) -> None:
    """With the clock of events, labels of years ago still wait from when they were read."""
    rows = make_rows(50, seed=2, end=NOW - 1_000 * 24 * HOUR)
    settings = lab.labelled(clock="event")
    lab.append_labels(rows, at=NOW - 999 * 24 * HOUR)
    lab.append(make_rows(10, seed=3, end=NOW - 1_000 * 24 * HOUR))
    lab.evaluate(settings)
    lab.append(rows)
    assert _week(lab.evaluate(settings)) == (60, 50)


@pytest.mark.parametrize("labels_as", (int, str, float))
def test_ids_are_the_same_however_they_are_typed(lab: Any, make_rows: Any, labels_as: type) -> None:
    """An id that is a number in one file and text in the other is one id."""
    rows = make_rows(40, seed=2).assign(request_id=range(1_000, 1_040))
    rows.drop(columns="churned").to_parquet(lab.folder / "log.parquet", index=False)
    labels = rows[["request_id", "churned"]].assign(at=NOW, request_id=rows["request_id"].astype(labels_as))
    labels.to_parquet(lab.folder / "labels.parquet", index=False)
    assert _week(lab.evaluate(lab.labelled())) == (40, 40)


def test_bad_labels_are_refused_by_reason(lab: Any, make_rows: Any) -> None:
    """An empty id, an empty label and a label that is no class are counted, and the others joined."""
    rows = make_rows(10, seed=2)
    lab.append(rows)
    labels = rows[["request_id", "churned"]].astype({"churned": object}).assign(at=NOW)
    labels.loc[0, "request_id"] = None
    labels.loc[1, "churned"] = None
    labels.loc[2, "churned"] = "maybe"
    labels.to_csv(lab.labels, index=False)
    evaluation = lab.evaluate(lab.labelled())
    assert _week(evaluation) == (10, 7)
    assert evaluation.rejected == {"invalid_label": 1, "missing_id": 1, "missing_label": 1}
    assert "'maybe' is no label of this model" in evaluation.rejection_examples["invalid_label"]


def test_a_label_without_a_time_became_known_when_it_was_read(lab: Any, make_rows: Any) -> None:
    """Delays are then from the prediction to the poll."""
    rows = make_rows(60, seed=2, span=60, end=NOW - 2 * HOUR)
    lab.append(rows)
    lab.append_labels(rows)
    columns = {"id": "request_id", "label": "churned"}
    settings = lab.settings(labels={"source": "files", "path": "labels*", "columns": columns})
    week = lab.evaluate(settings).windows[-1]
    assert week.label_delay_quantiles[0.5] == pytest.approx(2 * HOUR, rel=0.02)


def test_a_snapshot_without_times_has_no_delays(lab: Any, make_rows: Any) -> None:
    """Where predictions have no time, a delay is absent and not the age of the epoch."""
    rows = make_rows(60, seed=2)
    lab.append(rows)
    lab.append_labels(rows)
    columns = {"id": "request_id", "prediction": "prediction"}
    settings = lab.labelled(
        predictions={"columns": columns, "mode": "snapshot"}, features={"exclude": ["ts", "latency"]}
    )
    evaluation = lab.evaluate(settings)
    assert _week(evaluation) == (60, 60)
    assert evaluation.windows[0].label_delay_quantiles == {}


def test_labels_are_joined_without_the_engine(lab: Any, make_rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who joins holds the state's write lock, and must not wait for the engine's threads meanwhile."""
    rows = make_rows(300, seed=2)
    lab.append(rows)
    settings = lab.labelled()
    watched = lab.watched(settings)
    watched.poll(NOW)
    lab.append_labels(rows)
    monkeypatch.setattr(LocalEngine, "profile", None)
    total = watched.windows(watched.poll(NOW), NOW)[-1].summary
    assert (total.rows, total.labelled) == (len(rows), len(rows))


@pytest.mark.parametrize("later", ([], ["kids"], ["region", "kids"], ["kids", "region"]))
@pytest.mark.parametrize("before", ([], ["region"], ["region", "kids"]))
def test_segments_may_change_while_predictions_wait(
    lab: Any, make_rows: Any, before: list[str], later: list[str]
) -> None:
    """No label is lost or counted in another segment; what was not known of a prediction is in none of that column."""
    rows = make_rows(600, seed=2)
    lab.append(rows)
    lab.evaluate(lab.labelled(segments=before))
    lab.append_labels(rows)
    week = lab.evaluate(lab.labelled(segments=later)).windows[-1]
    expected = rows.groupby(["churned", "prediction"]).size()
    assert week.confusion == {(str(a), str(p)): int(n) for (a, p), n in expected.items()}
    found = {each.segment: {m.name: m.value for m in each.metrics}.get("accuracy") for each in week.segments}
    assert {segment: a for segment, a in found.items() if a is not None} == pytest.approx(
        _accuracies(rows, [name for name in later if name in before])
    )


@pytest.mark.parametrize("name", ("no", "approved", "x" * 9, ""))
def test_labels_that_wait_across_a_change_of_task_are_no_answers(baseline: Baseline, name: str) -> None:
    """A class never becomes a number, were its name as long as one, nor a number a class; each is read by its own."""
    classes = Plan(baseline.layout, OutcomeSpec.classification((name, "other")), Parts("prediction"))
    number = Plan(baseline.layout, OutcomeSpec.regression(), Parts("prediction"))
    times = np.array([1.0, 2.0])
    chosen, measured = np.array([0.0, 1.0]), np.array([4.25, -1e300])
    assert np.isnan(unpack_labels(pack_labels(chosen, times, classes), number)[0]).all()
    assert np.isnan(unpack_labels(pack_labels(measured, times, number), classes)[0]).all()
    assert unpack_labels(pack_labels(chosen, times, classes), classes)[0].tolist() == chosen.tolist()
    read, at = unpack_labels(pack_labels(measured, times, number), number)
    assert (read.tolist(), at.tolist()) == (measured.tolist(), times.tolist())


def _accuracies(rows: pd.DataFrame, columns: list[str]) -> dict[str, float]:
    """The share of right predictions by segment."""
    right = rows["churned"] == rows["prediction"]
    return {
        f"{name}={value}": float(right[rows[name] == value].mean()) for name in columns for value in rows[name].unique()
    }
