from __future__ import annotations

from pathlib import Path

from mlflow_exporter.cli.trial import temporary_state
from mlflow_exporter.state.store import Store


def test_nothing_stays_of_a_temporary_state() -> None:
    """The state works, and is gone afterwards."""
    with temporary_state() as url:
        Store(url).close()
        file = Path(url.removeprefix("sqlite:///"))
        assert file.exists()
    assert not file.parent.exists()
