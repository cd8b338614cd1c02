from __future__ import annotations

from pathlib import Path

from mlflow_exporter.cli.alert_report import Found, Wanted, _cells, read
from mlflow_exporter.state.alerts import Alert, KnownAlert
from mlflow_exporter.state.store import Store


def test_reading_gives_back_the_state(tmp_path: Path) -> None:
    """The exporter can go on with it, and an empty one has no alerts."""
    url = f"sqlite:///{tmp_path}/state.db"
    Store(url).close()
    assert read(url, Wanted(None, None, None, 10)) == []
    assert [path.name for path in tmp_path.iterdir()] == ["state.db"]


def test_alerts_of_one_rule_are_told_apart() -> None:
    """A line names the labels that are not those of the rule, the model or the job; without any there is a dash."""
    same = {"alertname": "PerformanceDropped", "severity": "warning", "subject": "performance", "job": "x"}
    about = {"model": "flight-duration", "version": "1", "window": "1h", "metric": "mae"}
    cells = [_cells(Found(KnownAlert(Alert("f", 0.0, None, of), 0, 0, 1), ()), 60.0) for of in (same | about, same)]
    assert [row[1:5] for row in cells] == [
        ("PerformanceDropped", "warning", "flight-duration/1", "metric=mae window=1h"),
        ("PerformanceDropped", "warning", "–", "–"),
    ]
