from __future__ import annotations

from mlflow_exporter.domain import Problem
from mlflow_exporter.state.baselines import KeptBaseline
from mlflow_exporter.state.store import Store


def test_the_last_copy_of_each_version_is_kept(store: Store) -> None:
    """A newer copy replaces the version's last one, and no other version's; its problems are kept with it."""
    newest = KeptBaseline("c", b"\0new", (Problem("ref.csv", "größer, “so”", "mend it"), Problem("b", "c")))
    with store.transaction() as transaction:
        transaction.baselines.put("churn", "1", KeptBaseline("a", b"\0old"))
        transaction.baselines.put("churn", "2", KeptBaseline("b", b"two"))
        transaction.baselines.put("churn", "1", newest)
    with store.reading() as transaction:
        assert transaction.baselines.of("churn", "1") == newest
        assert transaction.baselines.of("churn", "2") == KeptBaseline("b", b"two")
        assert transaction.baselines.of("churn", "3") is None
    with store.transaction() as transaction:
        transaction.baselines.drop("churn", "1")
        assert transaction.baselines.of("churn", "1") is None
        assert transaction.baselines.of("churn", "2") is not None
