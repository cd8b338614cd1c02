from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlflow_exporter.domain import Kind, Role
from mlflow_exporter.engines.local import Groups, LocalEngine
from mlflow_exporter.engines.plan import LABEL, PREDICTION, Parts, Plan
from mlflow_exporter.engines.rows import Refusals, Rows, interpret
from mlflow_exporter.engines.summaries import Outcomes, summarise, summarise_labels
from mlflow_exporter.profiles.binning import numeric_edges
from mlflow_exporter.profiles.classification import ClassificationTally
from mlflow_exporter.profiles.layout import CategoricalColumn, Layout, NumericColumn
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.profiles.regression import RegressionTally
from mlflow_exporter.profiles.summary import EVERY_ROW, Summary

N, G = 400, 4
RNG = np.random.default_rng(0)
CLASSES = ("0", "1")
FRAME: dict[str, Any] = {
    "x": RNG.normal(size=N),
    "city": RNG.choice(np.array(["Zürich", "other", "Genf", None]), N),
    "prediction": RNG.integers(0, 2, N),
    "p1": RNG.random(N),
    "label": RNG.choice(np.array([0, 1, None]), N),
    "latency": RNG.choice(np.array([0.5, 2.0, None]), N),
    "ts": RNG.random(N) * 1_000,
}
TABLE = pa.table(FRAME)
LAYOUT = Layout(
    [
        NumericColumn(Role.FEATURE, "x", Kind.FLOAT, numeric_edges(RNG.normal(size=N))),
        CategoricalColumn(Role.PREDICTION, PREDICTION, CLASSES),
        CategoricalColumn(Role.LABEL, LABEL, CLASSES),
    ]
)
PLAN = Plan(
    LAYOUT,
    OutcomeSpec.classification(CLASSES),
    Parts("prediction", "ts", None, {"1": "p1"}, "label", "latency"),
    {"city": ("Zürich", "other")},
)
GROUP = RNG.integers(-1, G, N)


def rows_of(table: pa.Table, plan: Plan) -> Rows:
    return interpret(table, plan, 2_000.0, Refusals(table.num_rows, ""))


@pytest.fixture(scope="module")
def summaries(engine: LocalEngine, tables: Callable[..., Any]) -> list[Summary]:
    """The summaries of the rows in four groups."""
    (chunk,) = tables([TABLE]).poll({}, {})
    return list(summarise(engine, chunk, rows_of(TABLE, PLAN), PLAN, Groups.by(GROUP, G)))


def test_each_group_has_its_rows(summaries: list[Summary]) -> None:
    """Rows, labels, the newest time, latencies and confidences are those of the group's rows."""
    for g, summary in enumerate(summaries):
        mine = np.flatnonzero(g == GROUP)
        assert (summary.rows, summary.profile.bins.sum(), summary.duplicates) == (len(mine), len(mine), 0)
        assert summary.labelled == sum(FRAME["label"][i] is not None for i in mine)
        assert summary.newest == max(FRAME["ts"][i] for i in mine)
        latencies = [FRAME["latency"][i] for i in mine if FRAME["latency"][i] is not None]
        assert summary.timings.numeric_counts().tolist() == [len(latencies), 0]
        assert summary.timings.sums.sum() == pytest.approx(sum(latencies))
        assert summary.confidence is not None
        assert summary.confidence.mean() == pytest.approx(np.maximum(FRAME["p1"], 1 - FRAME["p1"])[mine].mean())


def test_outcomes_by_segment(summaries: list[Summary]) -> None:
    """Confusions of all labelled rows and of each segment are counted row by row; `other` is also a city's name."""
    for g, summary in enumerate(summaries):
        expected: dict[str, Counter[tuple[int, int]]] = {}
        predicted: Counter[str] = Counter()
        for i in np.flatnonzero(g == GROUP):
            segment = "city=Zürich" if FRAME["city"][i] == "Zürich" else "city=other"
            predicted[segment] += 1
            if FRAME["label"][i] is not None:
                for key in (EVERY_ROW, segment):
                    expected.setdefault(key, Counter())[FRAME["label"][i], int(FRAME["prediction"][i])] += 1
        assert summary.segment_rows == predicted
        assert summary.outcomes.keys() == expected.keys()
        for key, tally in summary.outcomes.items():
            assert isinstance(tally, ClassificationTally)
            assert tally.confusion.tolist() == [[expected[key][a, p] for p in (0, 1)] for a in (0, 1)]


def test_groups_merge_to_the_whole(engine: LocalEngine, tables: Callable[..., Any], summaries: list[Summary]) -> None:
    """The groups' summaries merge to the summary of their rows in one group."""
    (chunk,) = tables([TABLE]).poll({}, {})
    (whole,) = summarise(engine, chunk, rows_of(TABLE, PLAN), PLAN, Groups.by(np.minimum(GROUP, 0), 1))
    merged = summaries[0].merge(summaries[1]).merge(summaries[2]).merge(summaries[3])
    assert merged.profile.bins.tolist() == whole.profile.bins.tolist()
    assert (merged.rows, merged.labelled, merged.newest) == (whole.rows, whole.labelled, whole.newest)
    assert (merged.segment_rows, merged.outcomes.keys()) == (whole.segment_rows, whole.outcomes.keys())


def test_late_labels_have_no_rows_of_their_own() -> None:
    """Labels that come later count outcomes, delays and the label column, and no row again."""
    outcomes = Outcomes(
        np.array([0, 1, 1]),
        np.array([0, 0, 1]),
        np.array([[0.2], [0.4], [0.9]]),
        {"city": np.array([0, 2, 2])},
        np.array([60.0, np.nan, 3_600.0]),
    )
    labels = pa.chunked_array([pa.array(["0", "1", "1"])])
    first, second = summarise_labels(labels, outcomes, PLAN, Groups.by(np.array([0, 1, 0]), 2))
    assert (first.rows, first.labelled, second.labelled) == (0, 2, 1)
    assert first.profile.cells.tolist() == [0, 0, 0, 1, 1, 0]
    assert first.timings.numeric_counts().tolist() == [0, 2]
    assert second.timings.numeric_counts().tolist() == [0, 0]
    assert list(first.outcomes) == [EVERY_ROW, "city=Zürich", "city=other"]
    assert first.segment_rows == Counter()


def test_a_regressors_outcomes(engine: LocalEngine, tables: Callable[..., Any]) -> None:
    """Errors of a regressor are those of the labelled rows."""
    table = pa.table({"y": [1.0, 2.0, 5.0], "label": [1.5, None, 2.0]})
    layout = Layout([NumericColumn(Role.PREDICTION, PREDICTION, Kind.FLOAT, np.array([1.0, 2.0]))])
    plan = Plan(layout, OutcomeSpec.regression(), Parts("y", label="label"))
    (chunk,) = tables([table]).poll({}, {})
    (summary,) = summarise(engine, chunk, rows_of(table, plan), plan, Groups.whole(3))
    tally = summary.outcomes[EVERY_ROW]
    assert isinstance(tally, RegressionTally)
    assert (tally.rows, tally.largest_error, summary.confidence, summary.newest) == (2, 3.0, None, None)
