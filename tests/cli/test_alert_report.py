from __future__ import annotations

from pathlib import Path

from mlflow_exporter.cli.alert_report import Wanted, read
from mlflow_exporter.state.store import Store


def test_reading_gives_back_the_state(tmp_path: Path) -> None:
    """The exporter can go on with it, and an empty one has no alerts."""
    url = f"sqlite:///{tmp_path}/state.db"
    Store(url).close()
    assert read(url, Wanted(None, None, None, 10)) == []
    assert [path.name for path in tmp_path.iterdir()] == ["state.db"]
