"""Which streams a version begins with; what comes of them is in test_monitor_versions.py."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.engines.plan import Parts, Plan
from mlflow_exporter.errors import StateError
from mlflow_exporter.evaluation.opening import Opened, Opening, event_clock
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.state.baselines import KeptBaseline
from mlflow_exporter.state.waiting import Waiting

NOW = 1_700_000_123.0


def _plan(baseline: Baseline) -> Plan:
    return Plan(baseline.layout, baseline.spec, Parts("prediction"))


def _opened(lab: Any, version: str, baseline: Baseline) -> Opened:
    return Opening(lab.store, _plan, 86_400.0, {}).open(ModelKey("churn", version), baseline)


@pytest.mark.parametrize("kept", (True, False), ids=("with its baseline", "without"))
def test_another_version_expects_labels_while_predictions_wait(lab: Any, champions: list[Baseline], kept: bool) -> None:
    """Where its bins are known; its early labels come along."""
    first = _opened(lab, "1", champions[0])
    with lab.store.transaction() as transaction:
        if kept:
            transaction.baselines.put("churn", "1", KeptBaseline("x", champions[0].packed))
        transaction.waiting_predictions.add(first.stream.number, Waiting([bytes(16)], [0.0], [b""]))
        transaction.waiting_labels.add(first.stream.number, Waiting([bytes(16)], [0.0], [b""]))
    second = _opened(lab, "2", champions[1])
    assert second.siblings == (first.stream.number,)
    assert [stream.number for stream in second.expecting] == ([first.stream.number] if kept else [])
    with lab.store.reading() as transaction:
        numbers = first.stream.number, second.stream.number
        assert list(map(transaction.waiting_labels.count, numbers)) == [0, 1]


def test_another_baseline_of_a_version_is_another_stream(lab: Any, champions: list[Baseline]) -> None:
    """The former one is dropped, the same one is found again."""
    opened = partial(_opened, lab, "1")
    first, again = opened(champions[0]), opened(champions[0])
    assert again.stream.number == first.stream.number
    other = opened(champions[1])
    assert (other.siblings, other.expecting) == ((), ())
    with lab.store.reading() as transaction:
        assert [known.digest for known in transaction.streams.of("churn")] == [champions[1].digest]


def test_a_baseline_that_another_process_replaced_is_not_opened_again(lab: Any, champions: list[Baseline]) -> None:
    """Its stream may be opened again, or anew where there is none, but never in the place of the other one."""
    opening, key = Opening(lab.store, _plan, 86_400.0, {}), ModelKey("churn", "1")
    first = opening.open(key, champions[0], again=True)
    assert opening.open(key, champions[0], again=True).stream.number == first.stream.number
    other = opening.open(key, champions[1])
    with pytest.raises(StateError, match="counts it in the bins of another baseline; wait until this one"):
        opening.open(key, champions[0], again=True)
    assert opening.open(key, champions[1], again=True).stream.number == other.stream.number


def test_the_clock_of_events_is_that_of_the_buckets(lab: Any, make_rows: Any) -> None:
    """After a restart it shows what it showed before, a few events far ahead included."""
    watched = lab.watched(lab.settings(clock="event"))
    assert event_clock(lab.store, watched.stream).newest == 0
    for rows in (make_rows(400, seed=2, end=NOW - 90 * 86_400), make_rows(3, seed=3)):
        lab.append(rows)
        watched.poll(NOW)
        clock = event_clock(lab.store, watched.stream)
        assert (clock.time, clock.newest) == (watched.events.time, watched.events.newest)
    assert clock.newest - clock.time > 80 * 86_400
