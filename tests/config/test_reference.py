from __future__ import annotations

from pathlib import Path

import pytest

from mlflow_exporter.config.loading import load
from mlflow_exporter.config.reference import documents
from mlflow_exporter.config.schema import sections

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(documents()))
def test_the_documents_are_up_to_date(name: str) -> None:
    """What `make docs` would write is what is there."""
    assert (DOCS / name).read_text(encoding="utf-8") == documents()[name]


def test_every_key_is_in_the_reference() -> None:
    """Each section has its keys in a table."""
    text = documents()["configuration.md"]
    missing = [key for _, section in sections() for key in section["properties"] if f"| `{key}` |" not in text]
    assert missing == []


def test_the_example_has_every_key() -> None:
    """The example leaves out only what excludes another key in it, and columns that its data has not."""
    load(DOCS / "config.example.yml")
    text = (DOCS / "config.example.yml").read_text(encoding="utf-8")
    missing = {key for _, section in sections() for key in section["properties"] if f"{key}:" not in text}
    assert missing == {"url_file"}
