"""The reference of metrics."""

from __future__ import annotations

from pathlib import Path

from mlflow_exporter.collectors.discovery import discover
from mlflow_exporter.collectors.reference import documents

DOCS = Path(__file__).parents[2] / "docs"


def test_is_not_stale() -> None:
    """docs/metrics.md is what the families say; `make docs` makes it anew."""
    for name, text in documents().items():
        assert (DOCS / name).read_text(encoding="utf-8") == text


def test_names_every_family() -> None:
    """No family goes without documentation."""
    text = documents()["metrics.md"]
    assert all(f"`{family.name}`" in text for collector in discover() for family in collector.families)
