from __future__ import annotations

import pytest

from mlflow_exporter.errors import StateError
from mlflow_exporter.state.store import Store

FIRST, SECOND = {"offset": 10, "tail": "é"}, {"offset": 20, "tail": "x"}


def test_positions_are_kept_by_model_source_and_item(store: Store) -> None:
    """Each item has its own position, and survives as it was."""
    with store.transaction() as transaction:
        transaction.positions.advance("churn", "predictions", "a.csv", FIRST, known=None)
        transaction.positions.advance("churn", "labels", "a.csv", SECOND, known=None)
        transaction.positions.advance("fraud", "predictions", "a.csv", SECOND, known=None)
    with store.reading() as transaction:
        assert transaction.positions.of("churn", "predictions") == {"a.csv": FIRST}
        assert transaction.positions.of("churn", "labels") == {"a.csv": SECOND}


def test_a_position_moves_on_from_the_one_that_is_known(store: Store) -> None:
    """From the stored position it moves."""
    with store.transaction() as transaction:
        transaction.positions.advance("churn", "predictions", "a.csv", FIRST, known=None)
        transaction.positions.advance("churn", "predictions", "a.csv", SECOND, known=FIRST)
        assert transaction.positions.of("churn", "predictions") == {"a.csv": SECOND}


@pytest.mark.parametrize("known", (None, SECOND), ids=("not there yet", "another one"))
def test_who_does_not_know_the_position_counts_nothing(store: Store, known: dict[str, object] | None) -> None:
    """Of two processes that read the same rows, the second's transaction is undone."""
    with store.transaction() as transaction:
        transaction.positions.advance("churn", "predictions", "a.csv", FIRST, known=None)

    def count_again() -> None:
        with store.transaction() as transaction:
            transaction.counters.add("churn", "read", {"predictions": 5})
            transaction.positions.advance("churn", "predictions", "a.csv", SECOND, known=known)

    with pytest.raises(StateError, match=r"a\.csv: another process reads it with the same state"):
        count_again()
    with store.reading() as transaction:
        assert transaction.positions.of("churn", "predictions") == {"a.csv": FIRST}
        assert transaction.counters.of("churn", "read") == {}


def test_forgotten_sources_are_read_from_their_beginning(store: Store) -> None:
    """Only the sources that are named are forgotten."""
    with store.transaction() as transaction:
        for source in ("predictions", "labels", "registry"):
            transaction.positions.put("churn", source, "a", FIRST)
        transaction.positions.forget("churn", ["predictions", "labels"])
        found = [transaction.positions.of("churn", source) for source in ("predictions", "labels", "registry")]
    assert found == [{}, {}, {"a": FIRST}]


def test_every_position_of_a_source_is_changed_at_once(store: Store) -> None:
    """Only those of the source named; when they were reached stays."""
    with store.transaction() as transaction:
        for item, at in (("a", 10.0), ("b", 30.0)):
            transaction.positions.advance("churn", "predictions", item, FIRST, known=None, at=at)
        transaction.positions.put("churn", "labels", "a", FIRST)
        transaction.positions.change("churn", "predictions", lambda position: {**position, "offset": 0})
        assert transaction.positions.of("churn", "predictions") == {item: {**FIRST, "offset": 0} for item in "ab"}
        assert transaction.positions.of("churn", "labels") == {"a": FIRST}
        assert transaction.positions.reached_before("churn", "predictions", 20.0) == {"a"}


def test_items_that_are_not_read_any_more_are_found_and_dropped(store: Store) -> None:
    """By the time of their last advance, source by source; a dropped one was never read."""
    with store.transaction() as transaction:
        positions = transaction.positions
        for item in ("a", "b"):
            positions.advance("churn", "predictions", item, FIRST, known=None, at=10.0)
        positions.advance("churn", "labels", "c", FIRST, known=None, at=10.0)
        positions.advance("churn", "predictions", "b", SECOND, known=FIRST, at=20.0)
        assert positions.reached_before("churn", "predictions", 20.0) == {"a"}
        assert positions.reached_before("churn", "predictions", 20.1) == {"a", "b"}
        positions.drop("churn", "predictions", "a")
        assert positions.of("churn", "predictions") == {"b": SECOND}
        assert positions.of("churn", "labels") == {"c": FIRST}
