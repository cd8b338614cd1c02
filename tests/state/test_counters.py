from __future__ import annotations

from mlflow_exporter.state.store import Store


def test_amounts_add_up_by_model_kind_and_name(store: Store) -> None:
    """Counters only grow, beyond what 32 bits hold, and are listed in order of name."""
    with store.transaction() as transaction:
        transaction.counters.add("churn", "read", {"predictions": 3_000_000_000, "labels": 1})
        transaction.counters.add("churn", "rejected", {"expired": 7})
    with store.transaction() as transaction:
        transaction.counters.add("churn", "read", {"predictions": 3_000_000_000})
        transaction.counters.add("churn", "read", {})
        assert list(transaction.counters.of("churn", "read").items()) == [("labels", 1), ("predictions", 6_000_000_000)]
        assert transaction.counters.of("churn", "rejected") == {"expired": 7}
        assert transaction.counters.of("fraud", "read") == {}
