from __future__ import annotations

from pathlib import Path

import yaml

from mlflow_exporter.demo.configuration import models

ROOT = Path(__file__).parents[2]


def test_the_stack_watches_the_same_models() -> None:
    """The configuration that docker-compose.yml gives the exporter for the demo has the models of `make demo`."""
    stack = yaml.safe_load((ROOT / "exporter/config.demo.yml").read_text(encoding="utf-8"))
    assert stack["models"] == models(Path("/predictions"))
