from __future__ import annotations

from mlflow_exporter.state.alias_moves import KEPT
from mlflow_exporter.state.store import Store


def test_only_moves_are_remembered(store: Store) -> None:
    """An alias that is seen where it was is no move; models and aliases have their own."""
    with store.transaction() as transaction:
        for version in ("3", "3", "4", "4", "3"):
            transaction.alias_moves.see("churn", "champion", version, 1.0)
        transaction.alias_moves.see("churn", "challenger", "5", 1.0)
        transaction.alias_moves.see("fraud", "champion", "1", 1.0)
    with store.reading() as transaction:
        assert transaction.alias_moves.versions("churn", "champion") == ["3", "4", "3"]
        assert transaction.alias_moves.versions("churn", "challenger") == ["5"]
        assert transaction.alias_moves.versions("nobody", "champion") == []


def test_the_latest_moves_are_kept(store: Store) -> None:
    """However often an alias moves, a bounded number of moves is remembered."""
    with store.transaction() as transaction:
        for version in range(KEPT + 10):
            transaction.alias_moves.see("churn", "champion", str(version), 1.0)
        kept = transaction.alias_moves.versions("churn", "champion")
    assert kept == [str(version) for version in range(10, KEPT + 10)]
