from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlflow_exporter.evaluation import dataset
from mlflow_exporter.evaluation.baselines import request_of
from mlflow_exporter.evaluation.dataset import FEWEST_ROWS, DatasetEvaluator
from mlflow_exporter.evaluation.drift import DriftPolicy
from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.profiles.joint import JointTally
from mlflow_exporter.results import Evaluation, Skipped, WindowEvaluation
from mlflow_exporter.statistics.multivariate import domain_classifier

BOTH = ("pca_reconstruction", "domain_classifier")
DATASET = {"drift": {"dataset": list(BOTH)}}


def together(rows: int, seed: int, direction: int, make_rows: Any) -> pd.DataFrame:
    """Rows of the log whose income goes with age, or against it; each is distributed as it would be alone."""
    frame: pd.DataFrame = make_rows(rows, seed=seed)
    rank = (direction * frame["age"] + np.random.default_rng([seed, 1]).normal(0, 3, rows)).rank(method="first")
    frame["income"] = np.sort(frame["income"].to_numpy())[rank.astype(int).to_numpy() - 1]
    return frame


@pytest.fixture(scope="session")
def paired(tmp_path_factory: pytest.TempPathFactory, make_rows: Any, make_baseline: Any) -> Any:
    """A baseline in which income goes with age, with and without a sample of its rows."""
    rows = together(4_000, 1, 1, make_rows).drop(columns=["request_id", "ts", "latency"])
    return {
        sampled: make_baseline(tmp_path_factory.mktemp("paired"), rows, sampled=sampled) for sampled in (True, False)
    }


@pytest.fixture
def pair(lab: Any, paired: Any) -> Any:
    """The lab with this baseline."""
    lab.baseline = paired[True]
    lab.registry.baselines[lab.baseline.digest] = lab.baseline.packed
    lab.registry.versions["1"] = lab.baseline.digest
    return lab


def last(evaluation: Evaluation) -> WindowEvaluation:
    assert evaluation.success, evaluation.problems
    return evaluation.windows[-1]


def verdicts(window: WindowEvaluation) -> dict[str, bool]:
    return {drift.test: drift.detected for drift in window.dataset_drift}


@pytest.mark.parametrize(("direction", "drifted"), ((1, False), (-1, True)))
def test_what_no_single_column_shows_is_found(pair: Any, make_rows: Any, direction: int, drifted: bool) -> None:
    """Income against age instead of with it: no column has drifted, the rows have, and some are outliers."""
    pair.append(together(3_000, 2, direction, make_rows))
    window = last(pair.evaluate(pair.settings(**DATASET)))
    assert not any(verdict.detected for verdict in window.verdicts if verdict.column in ("age", "income"))
    assert verdicts(window) == dict.fromkeys(BOTH, drifted)
    assert window.outlier_ratio is not None
    assert (window.outlier_ratio > 0.02) == drifted
    assert not window.skipped or {each.subject for each in window.skipped}.isdisjoint(BOTH)


def test_buckets_and_polls_add_up(pair: Any, make_rows: Any) -> None:
    """Rows that are read in parts, by processes that begin anew, have the numbers of all at once."""
    rows, settings = together(1_200, 2, -1, make_rows), pair.settings(**DATASET)
    for part in (rows[:500], rows[500:1_000], rows[1_000:]):
        pair.append(part)
        parts = last(pair.evaluate(settings))
    pair.folder = pair.folder / "again"
    pair.folder.mkdir()
    pair.__post_init__()
    pair.append(rows)
    whole = last(pair.evaluate(pair.settings(**DATASET)))
    assert [drift.score for drift in parts.dataset_drift] == pytest.approx(
        [drift.score for drift in whole.dataset_drift], rel=1e-4
    )
    assert parts.outlier_ratio == whole.outlier_ratio


def test_without_a_wish_nothing_is_counted_or_told(pair: Any, make_rows: Any) -> None:
    """By default rows are no points: no score, no outliers, no reason why not."""
    pair.append(together(500, 2, -1, make_rows))
    window = last(pair.evaluate())
    assert (window.dataset_drift, window.outlier_ratio) == ((), None)
    assert {each.subject for each in window.skipped}.isdisjoint(BOTH)


def test_few_rows_are_not_tested(pair: Any, make_rows: Any) -> None:
    """Below FEWEST_ROWS there is a reason and no score; the share of outliers is one of any number of rows."""
    rows, settings = together(FEWEST_ROWS, 2, 1, make_rows), pair.settings(**DATASET)
    pair.append(rows[:-1])
    few = last(pair.evaluate(settings))
    assert few.dataset_drift == ()
    assert {Skipped(name, "too_few_rows") for name in BOTH} <= set(few.skipped)
    assert few.outlier_ratio is not None
    pair.append(rows[-1:])
    assert set(verdicts(last(pair.evaluate(settings)))) == set(BOTH)


def test_a_baseline_without_a_sample_is_told(pair: Any, paired: Any, make_rows: Any) -> None:
    """The test that needs it is skipped, how to mend it is said, and the other test goes on."""
    pair.baseline = paired[False]
    pair.registry.baselines[pair.baseline.digest] = pair.baseline.packed
    pair.registry.versions["1"] = pair.baseline.digest
    pair.append(together(500, 2, 1, make_rows))
    evaluation = pair.evaluate(pair.settings(**DATASET))
    (problem,) = evaluation.problems
    assert problem.where == "drift.dataset: domain_classifier"
    assert "no sample of encoded rows" in problem.what
    assert "baseline --config.file" in problem.mend
    assert set(verdicts(evaluation.windows[-1])) == {"pca_reconstruction"}
    assert Skipped("domain_classifier", "no_baseline") in evaluation.windows[-1].skipped


def test_a_configuration_that_wants_a_sample_asks_for_it(lab: Any) -> None:
    """The baseline that a configuration makes has a sample only where the domain classifier is asked for."""
    assert request_of(lab.settings(**DATASET)).sampled
    assert not request_of(lab.settings(drift={"dataset": ["pca_reconstruction"]})).sampled


def test_floors_are_configured_by_test(pair: Any, make_rows: Any) -> None:
    """Drift of no interest is below the floor, whatever its size."""
    pair.append(together(2_000, 2, -1, make_rows))
    drift = {"dataset": ["pca_reconstruction"], "floors": {"pca_reconstruction": 50}}
    (found,) = last(pair.evaluate(pair.settings(drift=drift))).dataset_drift
    assert (found.threshold, found.detected) == (50, False)


# What needs no rows.


def evaluator(geometry: Geometry | None, tests: tuple[str, ...] = BOTH) -> DatasetEvaluator:
    return DatasetEvaluator(geometry, tests, 0.001)


def tally(rows: int) -> JointTally:
    rng = np.random.default_rng(rows)
    return JointTally.of(rng.normal(size=(4, rows)).astype(np.float32), 0, rng.integers(0, 2**64, rows, np.uint64))


def test_a_baseline_of_too_little_is_told() -> None:
    """Without a geometry no test can be computed; of a baseline without any row other reasons are told already."""
    assert set(evaluator(None).skipped(None)) == {Skipped(name, "no_baseline") for name in BOTH}
    assert [problem.where for problem in evaluator(None).problems(900)] == [f"drift.dataset: {name}" for name in BOTH]
    assert list(evaluator(None).problems(0)) == []
    assert evaluator(None).scores(None) == ()


def test_a_library_that_is_missing_is_told(paired: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without scikit-learn its test is skipped with how to install it, and the other one goes on."""
    monkeypatch.setattr(domain_classifier, "REQUIRES", "no_such_library")
    found = evaluator(paired[True].geometry)
    assert [problem.mend for problem in found.problems(4_000)] == ["pip install 'mlflow-exporter[estimation]'"]
    assert list(found.skipped(tally(500))) == [Skipped("domain_classifier", "not_installed")]
    assert [drift.test for drift in found.scores(tally(500))] == ["pca_reconstruction"]


def test_a_sample_is_judged_once(paired: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The classifier is trained anew only for other rows, and a few windows are remembered."""
    judged: list[int] = []

    def judge(_geometry: Geometry, window: JointTally) -> float:
        judged.append(window.rows)
        return 0.5

    monkeypatch.setattr(domain_classifier, "score", judge)
    monkeypatch.setattr(dataset, "_REMEMBERED", 2)
    found = evaluator(paired[True].geometry, ("domain_classifier",))
    for rows in (300, 300, 400, 300, 500, 300):
        assert found.scores(tally(rows))[0].score == 0.5
    assert judged == [300, 400, 500, 300]


def test_the_policy_knows_the_tests(pair: Any) -> None:
    """What is configured reaches the evaluator and the plan."""
    settings = pair.settings(drift={"dataset": ["pca_reconstruction"]})
    watched = pair.watched(settings)
    assert isinstance(watched.drift.policy, DriftPolicy)
    assert watched.drift.dataset.tests == ("pca_reconstruction",)
    assert (watched.stream.plan.geometry is not None, watched.stream.plan.sampled) == (True, False)
    assert pair.watched().stream.plan.geometry is None
