"""Several exporters on one state that do not have the same baseline, for a while or for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mlflow_exporter.evaluation.catalogue import Catalogue
from mlflow_exporter.evaluation.monitor import Monitor
from mlflow_exporter.results import Evaluation

NOW = 1_700_000_123.0
HOUR = 3_600.0
ANEW = "churn: another process with the same state has begun to count it anew; nothing was counted here"
REPLACED = "churn/1: another process with the same state counts it in the bins of another baseline"

Exporter = tuple[Monitor, Catalogue]


@pytest.fixture
def exporters(lab: Any, registry: Any) -> Callable[..., list[Exporter]]:
    """A function that starts two exporters, each with a catalogue that it refreshes in its own time."""

    def start(**settings: Any) -> list[Exporter]:
        catalogues = [registry.catalogue() for _ in range(2)]
        return [(lab.monitor(lab.settings(**settings), catalogue), catalogue) for catalogue in catalogues]

    return start


def _rows(evaluation: Evaluation) -> int:
    assert evaluation.success, evaluation.problems
    return evaluation.windows[-1].rows


def _failed(evaluation: Evaluation, said: str, rows: int) -> bool:
    """Whether it failed with this, and still shows its last windows."""
    assert said in str(evaluation.problems[0])
    return not evaluation.success and evaluation.windows[-1].rows == rows


@pytest.mark.parametrize("busy", (False, True), ids=("alone", "another stream is opened meanwhile"))
def test_a_new_baseline_that_one_exporter_sees_first_loses_no_row(
    lab: Any, make_rows: Any, registry: Any, exporters: Any, busy: bool
) -> None:
    """The other one counts nothing and says so until it has heard of it, too; then both show every row."""
    (here, catalogue), (there, theirs) = exporters()
    rows = make_rows(900, seed=9)
    lab.append(rows[:300])
    assert (_rows(here.evaluate(NOW)), _rows(there.evaluate(NOW))) == (300, 300)
    if busy:
        with lab.store.transaction() as transaction:
            transaction.streams.open("another model", "1", "abc")
    registry.versions["1"] = registry.versions["2"]
    theirs.refresh()
    assert _rows(there.evaluate(NOW)) == 300
    lab.append(rows[300:600])
    for said in (ANEW, REPLACED, REPLACED):
        assert _failed(here.evaluate(NOW), said, 300)
        assert _rows(there.evaluate(NOW)) == 600
    catalogue.refresh()
    lab.append(rows[600:])
    assert (_rows(here.evaluate(NOW)), _rows(there.evaluate(NOW))) == (900, 900)
    assert _rows(lab.monitor(catalogue=registry.catalogue()).evaluate(NOW)) == 900


@pytest.mark.parametrize("later", (0.0, 2 * HOUR), ids=("at once", "when the window has moved on"))
def test_counts_that_are_gone_are_not_shown_as_none(
    lab: Any, make_rows: Any, registry: Any, exporters: Any, later: float
) -> None:
    """An exporter that has nothing new to count fails, too, and does not show windows without rows."""
    (here, _), (there, theirs) = exporters()
    lab.append(make_rows(300, seed=9))
    here.evaluate(NOW)
    registry.versions["1"] = registry.versions["2"]
    theirs.refresh()
    there.evaluate(NOW)
    assert _failed(here.evaluate(NOW + later), ANEW, 300)
    assert _rows(there.evaluate(NOW + later)) == 300


def test_a_snapshot_that_another_exporter_counts_anew_is_left_to_it(
    lab: Any, make_rows: Any, registry: Any, exporters: Any
) -> None:
    """What that one counted is not forgotten for a baseline that is a former one."""
    (here, _), (there, theirs) = exporters(predictions={"mode": "snapshot"})
    lab.append(make_rows(300, seed=9))
    here.evaluate(NOW)
    registry.versions["1"] = registry.versions["2"]
    theirs.refresh()
    read = there.evaluate(NOW).rows_read
    assert _failed(here.evaluate(NOW), ANEW, 300)
    again = there.evaluate(NOW)
    assert (_rows(again), again.rows_read) == (300, read)


def test_a_baseline_that_returns_is_joined(lab: Any, make_rows: Any, registry: Any, exporters: Any) -> None:
    """An exporter that never heard of the one in between goes on as soon as the others are back."""
    (here, _), (there, theirs) = exporters()
    lab.append(make_rows(300, seed=9))
    here.evaluate(NOW)
    first = registry.versions["1"]
    for digest in (registry.versions["2"], first):
        registry.versions["1"] = digest
        theirs.refresh()
        there.evaluate(NOW)
    assert _failed(here.evaluate(NOW), ANEW, 300)
    assert (_rows(here.evaluate(NOW)), _rows(there.evaluate(NOW))) == (300, 300)


def test_exporters_that_never_agree_do_not_fight(lab: Any, make_rows: Any, registry: Any) -> None:
    """The last to start counts, the other one fails until it is started again."""
    lab.append(make_rows(300, seed=9))
    for seed in (1, 2):
        rows = make_rows(500, seed=seed).drop(columns=["request_id", "ts", "latency", "churned"])
        rows.to_parquet(lab.folder / f"{seed}.parquet")
    data = [{"data": {"source": "files", "path": f"{seed}.parquet"}} for seed in (1, 2)]
    here, there = (lab.monitor(lab.settings(baseline=each), registry.catalogue()) for each in data)
    assert (_rows(here.evaluate(NOW)), _rows(there.evaluate(NOW))) == (300, 300)
    for said in (ANEW, REPLACED, REPLACED):
        assert _failed(here.evaluate(NOW), said, 300)
        assert _rows(there.evaluate(NOW)) == 300
    here = lab.monitor(lab.settings(baseline=data[0]), registry.catalogue())
    assert _rows(here.evaluate(NOW)) == 300
    assert _failed(there.evaluate(NOW), ANEW, 300)
    assert _rows(here.evaluate(NOW)) == 300
