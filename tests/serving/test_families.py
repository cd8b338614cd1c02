from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from mlflow_exporter.cli.serve import serve
from mlflow_exporter.config.loading import parse
from mlflow_exporter.serving.families import FAMILIES

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "serve.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family._name)
def test_each_family_is_in_the_guide(family: object) -> None:
    """With its type, labels and help, word for word."""
    [described] = family.describe()  # type: ignore[attr-defined]
    name = described.name + ("_total" if described.type == "counter" else "")
    labels = ", ".join(family._labelnames)  # type: ignore[attr-defined]
    assert re.search(rf"\| `{name}` \| {described.type} \| {labels} ?\| {re.escape(described.documentation)} \|", GUIDE)


def test_the_guides_commands_are_right() -> None:
    """Each option that the guide's commands give exists."""
    commands = re.findall(r"^mlflow-exporter serve (.*)$", GUIDE, re.MULTILINE)
    assert commands
    for command in commands:
        assert serve.make_context("serve", shlex.split(command)).params["model_uri"]
    mentioned = set(re.findall(r"`(--[a-z][a-z.-]+)", GUIDE))
    known = {
        name
        for param in serve.params
        if isinstance(param, click.Option)
        for name in (*param.opts, *param.secondary_opts)
    }
    assert mentioned <= known


def test_the_guides_configuration_is_right(tmp_path: Path) -> None:
    """The YAML of the guide is a valid configuration."""
    [text] = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert parse(text, tmp_path / "config.yml").serving.workers == 2
