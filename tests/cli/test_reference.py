from __future__ import annotations

from pathlib import Path

import pytest

from mlflow_exporter.cli import COMMANDS, main
from mlflow_exporter.cli.reference import documents

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(documents()))
def test_the_documents_are_up_to_date(name: str) -> None:
    """What `make docs` would write is what is there."""
    assert (DOCS / name).read_text(encoding="utf-8") == documents()[name]


def test_the_commands_of_a_group_have_sections_of_their_own() -> None:
    """What a group does is told where its commands are."""
    section = documents()["commands.md"].partition("## `mlflow-exporter state copy`\n")[2].partition("\n## ")[0]
    assert "| `--replace` | Lose what the target holds. |" in section
    assert "  mlflow-exporter state copy sqlite" in section


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_in_the_reference(command: str) -> None:
    """Each command has a section with all its options and its examples."""
    section = documents()["commands.md"].partition(f"## `mlflow-exporter {command}`\n")[2].partition("\n## ")[0]
    declared = main.get_command(main.make_context("mlflow-exporter", [], resilient_parsing=True), command)
    assert declared is not None
    assert [name for param in declared.params for name in param.opts if f"| `{name}" not in section] == []
    assert f"  mlflow-exporter {command} " in section
