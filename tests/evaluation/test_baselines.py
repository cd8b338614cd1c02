from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from mlflow_exporter.domain import ModelKey, Task
from mlflow_exporter.errors import BaselineError, RegistryUnavailable, SourceError
from mlflow_exporter.evaluation.baselines import Baselines, bare_baseline
from mlflow_exporter.registry.snapshot import RegisteredVersion
from mlflow_exporter.state.baselines import KeptBaseline

KEY = ModelKey("churn", "1")


@pytest.fixture
def from_data(lab: Any, reference: Any) -> Any:
    """The settings of a model whose baseline is data."""
    reference[:500].to_parquet(lab.folder / "reference.parquet")
    return lab.settings(baseline={"data": {"source": "files", "path": "reference.parquet"}})


def _version(lab: Any) -> RegisteredVersion:
    version: RegisteredVersion = lab.registry.snapshot().resolve("churn", "1")
    return version


def test_data_are_profiled_once(lab: Any, from_data: Any) -> None:
    """The same object comes back, and the next process takes the copy of the state: the same bins."""
    baselines = Baselines(from_data, lab.store, lab.engine, lab.registry)
    first = baselines.find(KEY, None)
    assert baselines.find(KEY, None) is first
    second = Baselines(from_data, lab.store, lab.engine, lab.registry).find(KEY, None)
    assert second.baseline.digest == first.baseline.digest
    assert first.baseline.rows == 500


def test_data_that_change_are_profiled_anew(lab: Any, from_data: Any, reference: Any) -> None:
    """Other rows are another baseline."""
    baselines = Baselines(from_data, lab.store, lab.engine, lab.registry)
    first = baselines.find(KEY, None)
    reference[:600].to_parquet(lab.folder / "reference.parquet")
    assert baselines.find(KEY, None).baseline.rows == 600
    assert baselines.find(KEY, None).baseline.digest != first.baseline.digest


def test_data_that_come_out_the_same_are_the_same_baseline(lab: Any, from_data: Any) -> None:
    """Files that are only touched, or that two processes profile at a time, do not begin another stream."""
    here, there = (Baselines(from_data, lab.store, lab.engine, lab.registry) for _ in range(2))
    first = here.find(KEY, None)
    os.utime(lab.folder / "reference.parquet", (0, 0))
    touched = here.find(KEY, None)
    assert touched is not first
    with lab.store.transaction() as transaction:
        kept = transaction.baselines.of("churn", "1")
        transaction.baselines.put("churn", "1", replace(kept, identity="of another process"))
    assert touched.baseline.digest == there.find(KEY, None).baseline.digest == first.baseline.digest
    assert here.find(KEY, None) is touched


def test_a_copy_of_another_format_is_replaced(lab: Any, from_data: Any) -> None:
    """Nothing can be counted in its bins, so that it stands in nobody's way."""
    with lab.store.transaction() as transaction:
        transaction.baselines.put("churn", "1", KeptBaseline("x", b"of another format"))
    found = Baselines(from_data, lab.store, lab.engine, lab.registry).find(KEY, None)
    with lab.store.reading() as transaction:
        assert transaction.baselines.of("churn", "1").packed == found.baseline.packed


def test_problems_of_the_data_outlive_the_process(lab: Any, from_data: Any) -> None:
    """What was wrong when they were profiled is told by the next process, too, and once mended no more."""
    data = {"data": {"source": "files", "path": "reference.parquet"}}
    wrong = lab.settings(baseline=data, features={"exclude": ["nosuch"]})
    first, second = (Baselines(wrong, lab.store, lab.engine, lab.registry).find(KEY, None) for _ in range(2))
    assert first.problems == second.problems
    assert "features.exclude: the reference data has no column 'nosuch'" in str(second.problems[0])
    mended = [Baselines(from_data, lab.store, lab.engine, lab.registry).find(KEY, None) for _ in range(2)]
    assert [each.problems for each in mended] == [(), ()]
    assert mended[1].baseline.digest == first.baseline.digest


def test_data_that_are_not_there_are_told(lab: Any, from_data: Any) -> None:
    """Missing reference data name their path."""
    (lab.folder / "reference.parquet").unlink()
    with pytest.raises((BaselineError, SourceError), match=r"reference\.parquet"):
        Baselines(from_data, lab.store, lab.engine, lab.registry).find(KEY, None)


def test_a_version_without_any_needs_classes(lab: Any) -> None:
    """Without a baseline the configuration must tell what may be predicted."""
    bare = bare_baseline(lab.settings(), KEY)
    assert (bare.spec.classes, bare.rows) == (("0", "1"), 0)
    regression = lab.settings(task="regression", predictions={"columns": {"timestamp": "ts", "prediction": "y"}})
    assert bare_baseline(regression, KEY).spec.task is Task.REGRESSION
    unknown = lab.settings(predictions={"columns": {"timestamp": "ts", "prediction": "y"}})
    with pytest.raises(BaselineError, match="no baseline was logged for it; log one with `mlflow-exporter baseline"):
        bare_baseline(unknown, KEY)


def test_the_registrys_baseline_outlives_its_absence(lab: Any) -> None:
    """Found once, it is kept; never found, that is told."""
    with pytest.raises(BaselineError, match="the registry does not answer, and no copy is kept"):
        Baselines(lab.settings(), lab.store, lab.engine, lab.registry).find(KEY, None)
    found = Baselines(lab.settings(), lab.store, lab.engine, lab.registry).find(KEY, _version(lab))
    lab.registry.away = True
    later = Baselines(lab.settings(), lab.store, lab.engine, lab.registry)
    assert later.find(KEY, None).baseline.digest == found.baseline.digest == lab.baseline.digest
    assert later.find(KEY, None) is later.find(KEY, None)


def test_a_version_known_to_have_none_needs_no_registry(lab: Any) -> None:
    """Told once that there is no baseline, the next process begins with the bare one while the registry is away."""
    lab.registry.versions["1"] = None
    bare = Baselines(lab.settings(), lab.store, lab.engine, lab.registry).find(KEY, _version(lab))
    lab.registry.away = True
    later = Baselines(lab.settings(), lab.store, lab.engine, lab.registry).find(KEY, None)
    assert later.baseline.digest == bare.baseline.digest
    lab.registry.away = False
    lab.registry.versions["1"] = lab.baseline.digest
    logged = Baselines(lab.settings(), lab.store, lab.engine, lab.registry).find(KEY, _version(lab))
    assert logged.baseline.digest == lab.baseline.digest


def test_a_baseline_that_was_not_answered_is_not_asked_for_again_at_once(
    lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading may take long to fail: it is tried again only once the registry has answered something else."""
    version, asked = _version(lab), []

    def load(version: RegisteredVersion) -> bytes:
        asked.append(version)
        raise RegistryUnavailable("MLflow does not answer", where="http://mlflow:5000", mend="start it")

    baselines = Baselines(lab.settings(), lab.store, lab.engine, lab.registry)
    with monkeypatch.context() as patched:
        patched.setattr(lab.registry, "load_baseline", load)
        for _ in range(3):
            with pytest.raises(RegistryUnavailable, match="MLflow does not answer; start it"):
                baselines.find(KEY, version)
    assert len(asked) == 1
    assert baselines.find(KEY, _version(lab)).baseline.digest == lab.baseline.digest
