from __future__ import annotations

from mlflow_exporter.state import tables
from mlflow_exporter.state.inserts import insert_new, upsert
from mlflow_exporter.state.store import Store


def _row(identity: str) -> dict[str, object]:
    return {"model": "churn", "version": "1", "identity": identity, "packed": identity.encode(), "problems": "[]"}


def test_a_new_row_never_replaces_and_an_upsert_always_does(store: Store) -> None:
    """Of rows with one key, insert_new keeps the first and upsert the last, on both databases."""
    with store._engine.begin() as connection:
        insert_new(connection, tables.baselines, [])
        insert_new(connection, tables.baselines, [_row("first"), _row("second")])
        assert [row.identity for row in connection.execute(tables.baselines.select())] == ["first"]
        upsert(connection, tables.baselines, _row("third"))
        assert [(row.identity, row.packed) for row in connection.execute(tables.baselines.select())] == [
            ("third", b"third")
        ]
