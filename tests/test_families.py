"""What the documents promise is what a running exporter serves."""

from __future__ import annotations

import re
from pathlib import Path

from mlflow_exporter.collectors.discovery import discover
from mlflow_exporter.evaluation.catalogue import RegistryState

ROOT = Path(__file__).parents[1]


def test_every_subject_of_a_collector_is_published() -> None:
    """A collector whose subject nobody publishes would never show its families."""
    source = (ROOT / "exporter" / "mlflow_exporter" / "app.py").read_text()
    published = {"Evaluation", "HostReading", "ExporterStatus", "SeriesTally", "RegistrySnapshot", "RunCounts"}
    assert {collector.subject.__name__ for collector in discover()} == published
    hints = RegistryState.__annotations__
    for attribute, subject in (("snapshot", "RegistrySnapshot"), ("runs", "RunCounts")):
        assert subject in str(hints[attribute])
        assert re.search(rf"publish_shared\(state\.{attribute}\)", source)
